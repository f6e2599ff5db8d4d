"""What an image of this service does when it is started: `serve` and `train`, as SageMaker calls them."""
