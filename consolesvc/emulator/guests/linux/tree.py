"""The files a fake Linux server boots with."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.linux.filesystem import Device, File, FileSystem
from consolesvc.emulator.guests.linux.kernel import MEMORY_KIB, RELEASE, VERSION, Kernel

FOLDERS: Final = tuple(
    f"/{name}"
    for name in (
        "bin", "boot", "dev", "etc", "etc/network", "home", "lib", "mnt", "opt", "proc", "root", "run", "sbin", "srv",
        "sys", "tmp", "usr", "usr/bin", "usr/lib", "usr/share", "var", "var/lib", "var/log", "var/tmp",
    )
)  # fmt: skip

FILES: Final = {
    "/etc/issue": """\
Fake Linux 1 {name} ttyS0

This is a fake server of consolesvc. Log in as root, password "consolesvc".

""",
    "/etc/motd": """\

Welcome to {name}, a fake server: everything here is made up, and gone at the next boot.
Try: help, ls, dmesg | tail, top, cat /etc/os-release, reboot, panic.

""",
    "/etc/hostname": "{name}\n",
    "/etc/hosts": "127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost\n{address}\t{name}\n",
    "/etc/os-release": """\
PRETTY_NAME="Fake Linux 1 (consolesvc)"
NAME="Fake Linux"
VERSION_ID="1"
VERSION="1 (consolesvc)"
ID=fakelinux
""",
    "/etc/passwd": """\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
""",
    "/etc/group": "root:x:0:\ntty:x:5:\ndialout:x:20:\nnogroup:x:65534:\n",
    "/etc/fstab": "/dev/vda1 / ext4 errors=remount-ro 0 1\ntmpfs /tmp tmpfs defaults 0 0\n",
    "/etc/resolv.conf": "nameserver 192.0.2.1\n",
    "/etc/network/interfaces": """\
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address {address}/24
    gateway 192.0.2.1
""",
    "/boot/config-" + RELEASE: "CONFIG_SERIAL_8250=y\nCONFIG_SERIAL_8250_CONSOLE=y\nCONFIG_MAGIC_SYSRQ=y\n",
    "/root/README": """\
This machine is a program: it has no disk, no network and no other users, only a serial line.

  help              the commands there are
  dmesg | less      how it booted
  panic             a kernel panic; it comes back after 10 seconds
  yes               much output; ^C ends it
  poweroff          switches it off
""",
    "/root/welcome.txt": "Grüße, 漢字, ελληνικά, 🙂: what you type comes back as you typed it.\n",
    "/var/log/README": "Messages go to the console; see dmesg.\n",
}


def fill(files: FileSystem, kernel: Kernel) -> None:
    """Make the tree."""
    for path in FOLDERS:
        files.make_folder(path)
    for path, text in FILES.items():
        files.write(path, text.format(name=kernel.name, address=kernel.address))
    for path, device in _devices(kernel).items():
        folder, name = path.rsplit("/", 1)
        device.changed = files.wall()
        files.folder(folder or "/").entries[name] = device
    boot = files.folder("/boot")
    for name in (f"vmlinuz-{RELEASE}", f"initrd.img-{RELEASE}"):
        boot.entries[name] = Device(read=lambda: "(the kernel of a fake server is a fake)\n", changed=files.wall())


def add_programs(files: FileSystem, names: list[str]) -> None:
    """Put a file in /bin for each command."""
    folder = files.folder("/bin")
    for name in names:
        text = f"#!/bin/sh\n# {name} is built into this shell\n"
        folder.entries[name] = File(text, changed=files.wall(), executable=True)


def _devices(kernel: Kernel) -> dict[str, Device]:
    def meminfo() -> str:
        return f"MemTotal:  {MEMORY_KIB:>13} kB\nMemFree:   {MEMORY_KIB - 91_204:>13} kB\nSwapTotal:             0 kB\n"

    def cpuinfo() -> str:
        return "\n".join(
            f"processor\t: {number}\nmodel name\t: {kernel.board.cpu}\ncpu MHz\t\t: 2399.998\n" for number in range(2)
        )

    def uptime() -> str:
        return f"{kernel.uptime:.2f} {kernel.uptime * 1.9:.2f}\n"

    return {
        "/dev/null": Device(write=lambda _: None),
        "/dev/console": Device(write=kernel.tty.write),
        "/dev/ttyS0": Device(write=kernel.tty.write),
        "/dev/tty": Device(write=kernel.tty.write),
        "/dev/kmsg": Device(write=kernel.printk),
        "/dev/vda": Device(),
        "/dev/vda1": Device(),
        "/proc/cmdline": Device(read=lambda: kernel.cmdline + "\n"),
        "/proc/cpuinfo": Device(read=cpuinfo),
        "/proc/loadavg": Device(read=lambda: "0.00 0.01 0.00 1/62 412\n"),
        "/proc/meminfo": Device(read=meminfo),
        "/proc/sysrq-trigger": Device(write=kernel.sysrq),
        "/proc/uptime": Device(read=uptime),
        "/proc/version": Device(read=lambda: f"Linux version {RELEASE} (builder@consolesvc) {VERSION}\n"),
    }
