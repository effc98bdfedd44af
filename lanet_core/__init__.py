"""From an LDR panorama to calibrated HDR light."""
