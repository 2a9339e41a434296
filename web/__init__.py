"""The desks: what officers, administrators and the public see in a browser."""
