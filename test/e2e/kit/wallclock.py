"""A wall clock for programs that a test starts, which the test sets. See wallclock.c."""

import os
import struct

DAY = 86400


class WallClock:
    def __init__(self, env, days=0):
        self.library = env.cache.parent / "libwallclock.so"
        self.file = env.folder / "wallclock"
        self.file.write_bytes(bytes(8))
        self.set(days)

    def set(self, days):
        """From now on it is so many days after the real time."""
        with open(self.file, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", round(days * DAY * 1e9)))

    def environ(self):
        """For a program that shall go by it. A sanitizer dislikes that it isn't the first library."""
        options = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": str(self.library), "SPK_WALLCLOCK": str(self.file),
                "ASAN_OPTIONS": ":".join(filter(None, (options, "verify_asan_link_order=0")))}
