"""The web push channel: notices as notifications of a browser, on a phone or at a desk."""
