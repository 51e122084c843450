# SPDX-License-Identifier: MIT
"""Where one case plays: two namespaces with a cable, a charon in one, ikelet in the other."""

import contextlib
import os

import netns
from charon import Charon, merge
from ikelet import Ikelet
from process import Failed
from wire import Capture, Relay

PSK = "a pre-shared key of the tests"


class Family:
    """Addresses of one IP version. client: ikelet's side, gateway: charon's."""

    def __init__(self, client, gateway, prefix, client_inner, gateway_inner, inner_prefix):
        self.client, self.gateway, self.prefix = client, gateway, prefix
        self.client_inner, self.gateway_inner = client_inner, gateway_inner
        self.client_net, self.gateway_net = inner_prefix
        self.host_prefix = 128 if ":" in client else 32


V4 = Family("10.9.0.1", "10.9.0.2", 24, "10.1.0.1", "10.2.0.1", ("10.1.0.0/24", "10.2.0.0/24"))
V6 = Family("fd00:9::1", "fd00:9::2", 64, "fd00:1::1", "fd00:2::1",
            ("fd00:1::/64", "fd00:2::/64"))


class Stage:
    """A context manager: all that it started is gone when it ends. drop: see wire.Relay; letters:
    what its namespaces are called, when there is more than one stage at a time."""

    def __init__(self, folder, programs, binary, drop=None, letters="abw"):
        self.folder, self.programs, self.binary, self.drop = folder, programs, binary, drop
        self.letters = letters
        self.logs = {}
        self.exits = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as begun:
            self.exits = begun
            self.client, self.gateway = map(self.namespace, self.letters[:2])
            self.wire = self.lay_cable()
            begun.callback(self.wire.stop)
            for family in (V4, V6):
                self.client.add_address("eth0", f"{family.client}/{family.prefix}")
                self.gateway.add_address("eth0", f"{family.gateway}/{family.prefix}")
            self.exits = begun.pop_all()
        return self

    def __exit__(self, *_):
        self.exits.close()

    def namespace(self, letter):
        namespace = netns.Namespace(letter)
        self.exits.callback(namespace.delete)
        return namespace

    def lay_cable(self):
        if self.drop is None:
            netns.connect(self.client, "eth0", self.gateway, "eth0")
            return Capture(self.gateway, "eth0")
        middle = self.namespace(self.letters[2])
        netns.connect(self.client, "eth0", middle, "client")
        netns.connect(self.gateway, "eth0", middle, "gateway")
        return Relay(middle, "client", "gateway", self.drop)

    def start_charon(self, namespace, name, connections, secrets, daemon=None):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        charon = Charon(folder, self.programs, namespace)
        self.logs[f"log of charon ({name})"] = charon.log_path
        self.logs[f"stderr of charon ({name})"] = charon.path("charon.err")
        self.exits.callback(charon.stop)
        charon.start(connections, secrets, daemon)
        return charon

    def start_gateway(self, ike, esp, outer=V4, inner=V4, changes=None, daemon=None, psk=PSK,
                      client_id="@client.example.org", gateway_id="@gw.example.org", more=None):
        """charon as responder. changes: laid over its connection; more: secrets."""
        self.gateway.add_address("lo", f"{inner.gateway_inner}/{inner.host_prefix}")
        connection = merge(
            endpoint(outer.gateway, outer.client, gateway_id, client_id, inner.gateway_net,
                     inner.client_net, ike, esp), changes or {})
        return self.start_charon(self.gateway, "gateway", {"c": connection},
                                 shared_secret(psk, more), daemon)

    def start_client(self, ike, esp, outer=V4, inner=V4, changes=None, daemon=None, psk=PSK,
                     client_id="@client.example.org", gateway_id="@gw.example.org", name="client",
                     more=None):
        """charon as initiator, where ikelet would be."""
        self.client.add_address("lo", f"{inner.client_inner}/{inner.host_prefix}")
        connection = merge(
            endpoint(outer.client, outer.gateway, client_id, gateway_id, inner.client_net,
                     inner.gateway_net, ike, esp), changes or {})
        return self.start_charon(self.client, name, {"c": connection}, shared_secret(psk, more),
                                 daemon)

    def ikelet(self, namespace=None, name="ikelet", psk=PSK):
        """The command, ready to run in the client's namespace (or another)."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        ikelet = Ikelet(folder, self.binary, namespace or self.client, psk)
        self.logs[f"stdout of {name}"] = ikelet.out_path
        self.logs[f"stderr of {name}"] = ikelet.err_path
        self.exits.callback(ikelet.stop)
        return ikelet


def endpoint(local, remote, local_id, remote_id, local_ts, remote_ts, ike, esp):
    """A connection of charon with one child, k."""
    return {
        "version": 2, "local_addrs": local, "remote_addrs": remote, "proposals": ike,
        "local": {"auth": "psk", "id": local_id},
        "remote": {"auth": "psk", "id": remote_id},
        "children": {"k": {"local_ts": local_ts, "remote_ts": remote_ts, "esp_proposals": esp}},
    }


def shared_secret(psk, more=None):
    """For whomever: which identities may use a connection, the connection says."""
    return {"ike-1": {"secret": f'"{psk}"'}, **(more or {})}


def check(condition, what):
    if not condition:
        raise Failed(what)
