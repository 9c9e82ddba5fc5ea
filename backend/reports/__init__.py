"""Reports and exports for people at a desk."""
