"""From a prediction to an HDR image at full resolution."""
