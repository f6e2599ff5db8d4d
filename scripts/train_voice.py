"""Train a voice as a SageMaker job: reads and writes below /opt/ml, or below INTONE_ML_ROOT.

What lies where is said in `app/training/sagemaker.py`; the same training is `intone train` on the command line.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHES = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HF_HOME")
"""Libraries write these beside themselves or in the home folder, neither of which a container need allow."""


def main() -> int:
    """Prepare the environment before anything heavy is imported, then run the job."""
    for name in CACHES:
        os.environ.setdefault(name, str(Path(tempfile.gettempdir()) / name.lower()))
    sys.path.insert(0, str(ROOT))
    from app.training.sagemaker import run_job

    return run_job(os.environ)


if __name__ == "__main__":
    sys.exit(main())
