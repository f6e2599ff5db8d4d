"""Training and speaking on Amazon SageMaker, with boto3 alone.

Each command is a file: `python -m scripts.sagemaker.deploy_endpoint --help`. It first makes all its requests, checks
them, and then shows them (`--dry-run`) or sends them. Results go to standard output, progress to standard error.
"""
