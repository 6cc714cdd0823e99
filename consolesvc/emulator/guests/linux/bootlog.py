"""What a fake Linux server says while it boots, each part with the seconds before it."""

from __future__ import annotations

from typing import Final

from consolesvc.emulator.guests.linux.kernel import MEMORY_KIB, RELEASE, VERSION, Board

PC: Final = Board(
    machine="x86_64",
    cpu="Fake Virtual CPU @ 2.40GHz",
    model="consolesvc Fake PC, BIOS 1.0 01/15/2024",
    uart="00:03: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200)",
    trace="""\
 do_syscall_64+0x55/0xb0
 entry_SYSCALL_64_after_hwframe+0x6e/0xd8
RIP: 0033:0x7f2b1c4a8190
RSP: 002b:00007ffd3c9e5a58 EFLAGS: 00000202 ORIG_RAX: 0000000000000001
""",
    early=f"""\
Linux version {RELEASE} (builder@consolesvc) (gcc 12.2.0, GNU ld 2.40) {VERSION}
Command line: {{cmdline}}
BIOS-provided physical RAM map:
BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
BIOS-e820: [mem 0x00000000000f0000-0x00000000000fffff] reserved
BIOS-e820: [mem 0x0000000000100000-0x000000003ffdffff] usable
BIOS-e820: [mem 0x00000000fffc0000-0x00000000ffffffff] reserved
NX (Execute Disable) protection: active
SMBIOS 2.8 present.
DMI: consolesvc Fake PC, BIOS 1.0 01/15/2024
tsc: Detected 2399.998 MHz processor
last_pfn = 0x3ffe0 max_arch_pfn = 0x400000000
ACPI: RSDP 0x00000000000F5A90 000014 (v00 FAKE  )
ACPI: FACP 0x000000003FFE17B1 000074 (v01 FAKE   FAKEFACP 00000001)
""",
)

SINGLE_BOARD: Final = Board(
    machine="aarch64",
    cpu="ARMv8 Processor rev 0 (v8l)",
    model="consolesvc Fake Board rev 1.0 (DT)",
    uart="9000000.serial: ttyS0 at MMIO 0x9000000 (irq = 13, base_baud = 1500000)",
    trace="""\
 invoke_syscall+0x78/0x100
 el0_svc_common.constprop.0+0x4c/0xf4
 do_el0_svc+0x34/0xd0
 el0_svc+0x34/0xd4
 el0t_64_sync+0x18c/0x190
""",
    early=f"""\
Booting Linux on physical CPU 0x0000000000 [0x410fd034]
Linux version {RELEASE} (builder@consolesvc) (aarch64-linux-gnu-gcc 12.2.0, GNU ld 2.40) {VERSION}
Machine model: consolesvc Fake Board rev 1.0
efi: UEFI not found.
OF: reserved mem: initialized node linux,cma, compatible id shared-dma-pool
Zone ranges:
  DMA      [mem 0x0000000040000000-0x000000007fffffff]
psci: probing for conduit method from DT.
psci: PSCIv1.1 detected in firmware.
percpu: Embedded 20 pages/cpu s44840 r8192 d28888 u81920
Detected VIPT I-cache on CPU0
Kernel command line: {{cmdline}}
""",
)

KERNEL: Final = (
    (0.05, f"""\
Built 1 zonelists, mobility grouping on.  Total pages: 257768
Dentry cache hash table entries: 131072 (order: 8, 1048576 bytes, linear)
Memory: {MEMORY_KIB}K/1048056K available (14343K kernel code, 2328K rwdata, 9352K rodata, 2796K init)
SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=1
rcu: Preemptible hierarchical RCU implementation.
"""),
    (0.15, """\
printk: console [ttyS0] enabled
Calibrating delay loop (skipped), value calculated using timer frequency.. 4799.99 BogoMIPS
pid_max: default: 32768 minimum: 301
Mount-cache hash table entries: 2048 (order: 2, 16384 bytes, linear)
"""),
    (0.2, """\
smp: Bringing up secondary CPUs ...
smp: Brought up 1 node, 2 CPUs
devtmpfs: initialized
clocksource: jiffies: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: 7645041785100000 ns
NET: Registered PF_NETLINK/PF_ROUTE protocol family
"""),
    (0.2, """\
SCSI subsystem initialized
usbcore: registered new interface driver usbfs
pps_core: LinuxPPS API ver. 1 registered
NET: Registered PF_INET protocol family
TCP established hash table entries: 8192 (order: 4, 65536 bytes, linear)
TCP: Hash tables configured (established 8192 bind 8192)
Trying to unpack rootfs image as initramfs...
"""),
    (0.45, """\
Freeing initrd memory: 28456K
workingset: timestamp_bits=46 max_order=18 bucket_order=0
Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled
{uart} is a 16550A
loop: module loaded
virtio_blk virtio0: [vda] 8388608 512-byte logical blocks (4.29 GB/4.00 GiB)
 vda: vda1 vda2
"""),
    (0.25, """\
virtio_net virtio1 eth0: MAC address {mac}
rtc_cmos rtc_cmos: registered as rtc0
NET: Registered PF_INET6 protocol family
NET: Registered PF_PACKET protocol family
sched_clock: Marking stable
Loading compiled-in X.509 certificates
Freeing unused kernel image (initmem) memory: 2796K
Write protecting the kernel read-only data: 26624k
Run /init as init process
"""),
)  # fmt: skip

INITRAMFS: Final = (
    (0.15, "Loading, please wait...\nStarting systemd-udevd version 252\n"),
    (0.35, "Begin: Running /scripts/local-block ... done.\n"),
    (0.15, "Begin: Will now check root file system ... /dev/vda1: clean, 31337/262144 files, 402112/1048320 blocks\n"),
    (0.05, "done.\n"),
)
"""Without the kernel's stamp; `ROOT_MOUNTED` follows."""

ROOT_MOUNTED: Final = """\
EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.
systemd[1]: Inserted module 'autofs4'
systemd[1]: Detected virtualization consolesvc.
systemd[1]: Hostname set to <{hostname}>.
random: crng init done
"""

UNITS: Final = (
    (0.30, "Created slice", "Slice /system/getty"),
    (0.00, "Created slice", "User and Session Slice"),
    (0.05, "Reached target", "Path Units"),
    (0.00, "Reached target", "Swaps"),
    (0.05, "Listening on", "Journal Socket"),
    (0.00, "Listening on", "udev Kernel Socket"),
    (0.10, "Mounted", "Kernel Debug File System"),
    (0.05, "Started", "Journal Service"),
    (0.10, "Finished", "Apply Kernel Variables"),
    (0.05, "Finished", "Load Kernel Modules"),
    (0.20, "Started", "Rule-based Manager for Device Events and Files"),
    (0.10, "Finished", "Coldplug All udev Devices"),
    (0.15, "Found device", "/dev/ttyS0"),
    (0.05, "Reached target", "Local File Systems"),
    (0.15, "Finished", "Create Volatile Files and Directories"),
    (0.10, "Started", "Network Time Synchronization"),
    (0.05, "Reached target", "System Initialization"),
    (0.10, "Started", "D-Bus System Message Bus"),
    (0.30, "Started", "Network Configuration"),
    (0.05, "Reached target", "Network"),
    (0.15, "Started", "Regular background program processing daemon"),
    (0.10, "Started", "OpenBSD Secure Shell server"),
    (0.05, "Started", "Serial Getty on ttyS0"),
    (0.00, "Reached target", "Login Prompts"),
    (0.05, "Reached target", "Multi-User System"),
)
"""Seconds before, what happened, and to which unit."""

STOPPED: Final = (
    (0.05, "Stopped target", "Multi-User System"),
    (0.05, "Stopped", "OpenBSD Secure Shell server"),
    (0.10, "Stopped", "Regular background program processing daemon"),
    (0.10, "Stopped", "Serial Getty on ttyS0"),
    (0.05, "Stopped target", "Network"),
    (0.15, "Stopped", "Network Configuration"),
    (0.05, "Stopped target", "Local File Systems"),
    (0.10, "Unmounted", "/run/user/0"),
    (0.05, "Reached target", "System Shutdown"),
)

REBOOTED: Final = (0.05, "Reached target", "System Reboot")
POWERED_OFF: Final = (0.05, "Reached target", "System Power Off")

PANIC: Final = """\
CPU: 0 PID: 412 Comm: sh Not tainted {release} #1
Hardware name: {model}
Call Trace:
 <TASK>
 dump_stack_lvl+0x44/0x5c
 panic+0x118/0x2ed
 ? _printk+0x58/0x6f
 sysrq_handle_crash+0x16/0x20
 __handle_sysrq.cold+0x45/0x12f
 write_sysrq_trigger+0x24/0x40
 proc_reg_write+0x56/0xa0
 vfs_write+0xcc/0x3c0
 ksys_write+0x6b/0xf0
{trace} </TASK>
Kernel Offset: disabled
"""
