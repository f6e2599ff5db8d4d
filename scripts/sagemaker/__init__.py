"""Train voices and serve speech on Amazon SageMaker, with boto3 alone.

Each command is a module: `python -m scripts.sagemaker.deploy_endpoint --help`. It first builds and validates all its
requests, then prints them (`--dry-run`) or sends them. Results go to standard output, progress to standard error.
"""
