# SPDX-License-Identifier: MIT
"""What stands between two ends on 127.0.0.3: loses, doubles, and changes addresses as a NAT does."""

import select
import socket
import threading


class Relay:
    """A UDP port that hands on to the responder and back, all but what drop(data) says."""

    def __init__(self, port, drop=lambda data: False, copies=1, front=0):
        self.target, self.drop, self.copies = ("127.0.0.2", port), drop, copies
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.3", front))
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.bind(("127.0.0.3", 0))
        self.port = self.front.getsockname()[1]
        self.client = None
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.front.close()
        self.back.close()

    def run(self):
        while self.running:
            for sock in select.select([self.front, self.back], [], [], 0.05)[0]:
                data, source = sock.recvfrom(65536)
                if sock is self.front:
                    self.client = source
                if self.drop(data):
                    continue
                for _ in range(self.copies):
                    if sock is self.front:
                        self.back.sendto(data, self.target)
                    else:
                        self.front.sendto(data, self.client)
