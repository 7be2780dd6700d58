"""Alert rules for Prometheus: `dead_letters.yaml`, made of the catalogue of reasons."""
