"""A network that loses packets: datagrams of devices go through it to a gateway, and back."""
import random
import selectors
import socket
import threading

from lab import GATEWAY4


class Lossy:
    """Listens on an address and the ports of CoAP in a thread of its own. `loss` of what comes either way is lost;
    each device is seen by the gateway at a port of its own. Counts what it lost."""

    def __init__(self, loss, to=GATEWAY4, at="127.0.0.1", ports=(5683, 5684), seed=1):
        self.loss, self.to, self.random = loss, to, random.Random(seed)
        self.at, self.lost, self.passed = at, 0, 0
        self.selector, self.beyond, self.going = selectors.DefaultSelector(), {}, True
        for port in ports:
            here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            here.bind((at, port))
            self.selector.register(here, selectors.EVENT_READ, (port, None))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            for key, _ in self.selector.select(0.1):
                octets, address = key.fileobj.recvfrom(65535)
                port, device = key.data
                if self.random.random() < self.loss:
                    self.lost += 1
                    continue
                self.passed += 1
                if device is not None:
                    near, to = device
                    near.sendto(octets, to)
                else:
                    self.towards(key.fileobj, address, port).send(octets)

    def towards(self, near, device, port):
        """The socket of a device's datagrams to the gateway."""
        if (device, port) not in self.beyond:
            far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            far.connect((self.to, port))
            self.selector.register(far, selectors.EVENT_READ, (port, (near, device)))
            self.beyond[device, port] = far
        return self.beyond[device, port]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
