"""Training and measurement of classifiers of emotion."""
