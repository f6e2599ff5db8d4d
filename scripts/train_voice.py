"""Train a voice as a SageMaker job, which reads and writes below /opt/ml, or below INTONE_ML_ROOT.

`app/training/sagemaker.py` describes the folders. The command `train` of the image does the same; `intone train` is the
same training with folders and settings from the command line.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from app.container import main

    sys.exit(main(["train"], os.environ))
