//! The ports of the fleet.

use std::{collections::BTreeSet, ops::Range};

use anyhow::{bail, ensure};
use clap::ValueEnum;
use promptforge::fleet::Process;

use crate::local::ports;

/// The first ports that "any" tries: below those that systems give to clients.
const ANY: Range<u16> = 21_000..29_000;

/// The arguments that choose ports.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PortArgs {
    /// The gateway's port; the services take the five after it. "any" takes six that are free
    #[arg(long, value_name = "PORT", env = "PROMPTFORGE_PORT_BASE", value_parser = port_base)]
    port_base: Option<PortBase>,
    /// The port of one process, as in gateway=8080; may be given for each
    #[arg(long = "port", value_name = "NAME=PORT", value_parser = named_port)]
    ports: Vec<(Process, u16)>,
}

/// The first of the fleet's ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PortBase {
    At(u16),
    /// The first port from which on six are free.
    Any,
}

fn port_base(text: &str) -> Result<PortBase, String> {
    match text {
        "any" => Ok(PortBase::Any),
        _ => text.parse().map(PortBase::At).map_err(|_| format!("{text:?} is no port")),
    }
}

fn named_port(text: &str) -> Result<(Process, u16), String> {
    let (name, port) = text.split_once('=').ok_or("must be NAME=PORT, as in gateway=8080")?;
    let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    Ok((Process::from_str(name, true)?, port))
}

impl PortArgs {
    /// Returns these arguments as text.
    pub fn to_args(&self) -> Vec<String> {
        let base = self.port_base.map(|base| match base {
            PortBase::At(port) => format!("--port-base={port}"),
            PortBase::Any => "--port-base=any".to_owned(),
        });
        let ports = self.ports.iter().map(|(process, port)| (process.name(), port));
        let ports = ports.map(|(name, port)| format!("--port={name}={port}"));
        base.into_iter().chain(ports).collect()
    }
}

/// The port of each process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetPorts([u16; Process::ALL.len()]);

impl FleetPorts {
    /// Returns the ports chosen, and the default ports of the others; of "any" the first that are tried.
    ///
    /// # Errors
    /// When a number is no port, or two processes have the same port.
    pub fn new(args: &PortArgs) -> anyhow::Result<Self> {
        match args.port_base {
            None => Self::with_named(Process::ALL.map(Process::port), args),
            Some(PortBase::At(base)) => Self::with_named(ports_from(base)?, args),
            Some(PortBase::Any) => Self::with_named(ports_from(ANY.start)?, args),
        }
    }

    /// Returns these ports but for those that the arguments name one by one.
    fn with_named(mut ports: [u16; Process::ALL.len()], args: &PortArgs) -> anyhow::Result<Self> {
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

    /// Claims the ports for this process.
    ///
    /// # Errors
    /// Fails as [`Self::new`] does, and when ports are in use; the error names them and the processes that use
    /// them.
    pub fn claim(args: &PortArgs) -> anyhow::Result<Self> {
        if args.port_base == Some(PortBase::Any) {
            return Self::claim_any(args);
        }
        let ports = Self::new(args)?;
        let taken = ports.claim_all();
        if taken.is_empty() {
            return Ok(ports);
        }
        bail!("{}; other ports can be chosen with --port-base", taken.join("; "))
    }

    /// Claims the first ports in a row that are free.
    fn claim_any(args: &PortArgs) -> anyhow::Result<Self> {
        for base in ANY.step_by(10) {
            let ports = Self::with_named(ports_from(base)?, args)?;
            if ports.claim_all().is_empty() {
                return Ok(ports);
            }
        }
        bail!("no six ports in a row are free from {} to {}", ANY.start, ANY.end)
    }

    /// Claims what can be claimed; says of each other port which process uses it.
    fn claim_all(self) -> Vec<String> {
        let taken = Process::ALL.into_iter().filter(|process| !ports::claim(self.of(*process)));
        taken
            .map(|process| {
                let (port, name) = (self.of(process), process.name());
                match ports::listener(port) {
                    Some(user) => format!("port {port} is in use by {user}, and {name} needs it"),
                    None => format!("port {port} is in use, and {name} needs it"),
                }
            })
            .collect()
    }
}

/// Returns the ports of the processes, one after the other.
fn ports_from(base: u16) -> anyhow::Result<[u16; Process::ALL.len()]> {
    let mut ports = [base; Process::ALL.len()];
    for (port, after) in ports.iter_mut().zip(0..) {
        let Some(sum) = base.checked_add(after) else {
            bail!("--port-base {base} leaves no room for six ports up to {}", u16::MAX);
        };
        *port = sum;
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(base: Option<u16>, each: &[&str]) -> anyhow::Result<FleetPorts> {
        let ports = each.iter().map(|text| named_port(text).unwrap()).collect();
        FleetPorts::new(&PortArgs { port_base: base.map(PortBase::At), ports })
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
        for text in ["", "some", "70000", "-1"] {
            assert!(port_base(text).is_err(), "{text}");
        }
        for text in ["gateway", "gateway=x", "gateway=70000", "kafka=9092"] {
            assert!(named_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_are_passed_on() {
        let ports = vec![(Process::Gateway, 8080), (Process::User, 8081)];
        let args = PortArgs { port_base: Some(PortBase::At(9100)), ports }.to_args();
        assert_eq!(args, ["--port-base=9100", "--port=gateway=8080", "--port=user=8081"]);
        let any = PortArgs { port_base: Some(PortBase::Any), ports: Vec::new() };
        assert_eq!(any.to_args(), ["--port-base=any"]);
    }

    #[test]
    fn any_ports_are_six_in_a_row_that_nobody_uses() {
        assert_eq!(port_base("any"), Ok(PortBase::Any));
        let args = PortArgs { port_base: Some(PortBase::Any), ports: Vec::new() };
        let first = FleetPorts::claim(&args).unwrap();
        let _in_use = std::net::TcpListener::bind(("127.0.0.1", first.0[2])).unwrap();
        let second = FleetPorts::claim(&args).unwrap();
        assert!(second.0.iter().all(|port| !first.contains(*port)), "{first:?} {second:?}");
        assert!(second.0.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{second:?}");
    }

    #[test]
    fn a_port_in_use_is_named_with_who_uses_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let named = vec![named_port(&format!("prompt={port}")).unwrap()];
        let args = PortArgs { port_base: Some(PortBase::At(28_990)), ports: named };
        let error = FleetPorts::claim(&args).unwrap_err().to_string();
        let user = format!("(pid {}), and prompt needs it", std::process::id());
        assert!(error.contains(&format!("port {port} is in use by ")), "{error}");
        assert!(error.contains(&user), "{error}");
    }
}
