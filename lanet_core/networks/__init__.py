"""LANet and panoLANet in torch, after Yu et al. 2021. Only training and export import this package."""
