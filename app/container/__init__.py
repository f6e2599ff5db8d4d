"""Entry point of the container image: the commands `serve` and `train`, as SageMaker calls them."""
