//! The ports of the fleet.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
use clap::ValueEnum;
use promptforge::fleet::Process;

use crate::local::ports;

/// The arguments that choose ports.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PortArgs {
    /// The gateway's port; the services take the five after it
    #[arg(long, value_name = "PORT", env = "PROMPTFORGE_PORT_BASE")]
    port_base: Option<u16>,
    /// The port of one process, as in gateway=8080; may be given for each
    #[arg(long = "port", value_name = "NAME=PORT", value_parser = named_port)]
    ports: Vec<(Process, u16)>,
}

fn named_port(text: &str) -> Result<(Process, u16), String> {
    let (name, port) = text.split_once('=').ok_or("must be NAME=PORT, as in gateway=8080")?;
    let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    Ok((Process::from_str(name, true)?, port))
}

impl PortArgs {
    /// Returns these arguments as text.
    pub fn to_args(&self) -> Vec<String> {
        let base = self.port_base.map(|port| format!("--port-base={port}"));
        let ports = self.ports.iter().map(|(process, port)| (process.name(), port));
        let ports = ports.map(|(name, port)| format!("--port={name}={port}"));
        base.into_iter().chain(ports).collect()
    }
}

/// The port of each process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetPorts([u16; Process::ALL.len()]);

impl FleetPorts {
    /// Returns the ports chosen, and the default ports of the others.
    ///
    /// # Errors
    /// When a number is no port, or two processes have the same port.
    pub fn new(args: &PortArgs) -> anyhow::Result<Self> {
        let mut ports = Process::ALL.map(Process::port);
        if let Some(base) = args.port_base {
            for (port, after) in ports.iter_mut().zip(0..) {
                let Some(sum) = base.checked_add(after) else {
                    bail!("--port-base {base} leaves no room for six ports up to {}", u16::MAX);
                };
                *port = sum;
            }
        }
        for (chosen, chosen_port) in &args.ports {
            for (process, port) in Process::ALL.into_iter().zip(&mut ports) {
                if process == *chosen {
                    *port = *chosen_port;
                }
            }
        }
        let distinct: BTreeSet<_> = ports.into_iter().filter(|port| *port != 0).collect();
        ensure!(
            distinct.len() == ports.len(),
            "each process needs a port of its own, from 1 to {}: {ports:?}",
            u16::MAX
        );
        Ok(Self(ports))
    }

    /// Returns the port of a process.
    pub fn of(self, process: Process) -> u16 {
        Process::ALL.into_iter().zip(self.0).find(|(p, _)| *p == process).map_or(0, |(_, p)| p)
    }

    /// Tells whether a port is one of the fleet's.
    pub fn contains(self, port: u16) -> bool {
        self.0.contains(&port)
    }

    /// Checks that all ports are free.
    ///
    /// # Errors
    /// When ports are in use; the error names them and the processes that use them.
    pub fn ensure_free(self) -> anyhow::Result<()> {
        let taken = Process::ALL.into_iter().filter(|process| !ports::is_free(self.of(*process)));
        let taken: Vec<String> = taken
            .map(|process| {
                let (port, name) = (self.of(process), process.name());
                match ports::listener(port) {
                    Some(user) => format!("port {port} is in use by {user}, and {name} needs it"),
                    None => format!("port {port} is in use, and {name} needs it"),
                }
            })
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        bail!("{}; other ports can be chosen with --port-base", taken.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(base: Option<u16>, each: &[&str]) -> anyhow::Result<FleetPorts> {
        let ports = each.iter().map(|text| named_port(text).unwrap()).collect();
        FleetPorts::new(&PortArgs { port_base: base, ports })
    }

    #[test]
    fn ports_are_the_documented_ones_unless_others_are_chosen() {
        assert_eq!(ports(None, &[]).unwrap().0, [9000, 9001, 9002, 9003, 9004, 9005]);
        assert_eq!(ports(Some(9100), &[]).unwrap().0, [9100, 9101, 9102, 9103, 9104, 9105]);
        let mixed = ports(Some(9100), &["gateway=8080", "Test=7000"]).unwrap();
        assert_eq!(mixed.0, [8080, 9101, 9102, 7000, 9104, 9105]);
        assert_eq!((mixed.of(Process::Gateway), mixed.of(Process::Analytics)), (8080, 9105));
    }

    #[test]
    fn ports_that_cannot_be_are_refused() {
        for (base, each) in [
            (Some(65_531), &[][..]),
            (Some(0), &[]),
            (None, &["user=9000"]),
            (None, &["user=8000", "test=8000"]),
        ] {
            assert!(ports(base, each).is_err(), "{base:?} {each:?}");
        }
        for text in ["gateway", "gateway=x", "gateway=70000", "kafka=9092"] {
            assert!(named_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_are_passed_on() {
        let ports = vec![(Process::Gateway, 8080), (Process::User, 8081)];
        let args = PortArgs { port_base: Some(9100), ports }.to_args();
        assert_eq!(args, ["--port-base=9100", "--port=gateway=8080", "--port=user=8081"]);
    }

    #[test]
    fn a_port_in_use_is_named_with_who_uses_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ports = ports(None, &[&format!("prompt={port}")]).unwrap();
        let error = ports.ensure_free().unwrap_err().to_string();
        let user = format!("(pid {}), and prompt needs it", std::process::id());
        assert!(error.contains(&format!("port {port} is in use by ")), "{error}");
        assert!(error.contains(&user), "{error}");
    }
}
