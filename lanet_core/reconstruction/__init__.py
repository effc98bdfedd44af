"""From a network's prediction to an HDR image at full resolution."""
