"""Attack a service under limits: hostile requests, slow clients, little memory, a full disk, a stopped process."""
