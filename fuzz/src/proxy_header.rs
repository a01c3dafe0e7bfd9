//! The PROXY protocol, read a second time, from the whole input at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A client's address, which a proxy may leave out, and the bytes of the header.
pub type Header = (Option<SocketAddr>, usize);

/// Returns the header at the start of `data`; `None` for one that is refused.
pub fn read(data: &[u8]) -> Option<Header> {
    if data.starts_with(b"\r\n\r\n\0\r\nQUIT\n") { read_v2(data) } else { read_v1(data) }
}

fn read_v1(data: &[u8]) -> Option<Header> {
    // The longest line by the specification.
    let end = data.windows(2).take(106).position(|end| end == b"\r\n")?;
    let line = std::str::from_utf8(&data[..end]).ok()?;
    let rest = line.strip_prefix("PROXY ")?;
    if rest == "UNKNOWN" || rest.starts_with("UNKNOWN ") {
        return Some((None, end + 2));
    }
    let (family, rest) = rest.split_once(' ')?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let [source, target, source_port, target_port] = fields[..] else { return None };
    let (source, target) = match family {
        "TCP4" => (v4(source)?, v4(target)?),
        "TCP6" => (v6(source)?, v6(target)?),
        _ => return None,
    };
    let (_, _) = (target, port(target_port)?);
    Some((Some(SocketAddr::new(source, port(source_port)?)), end + 2))
}

fn v4(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|it: Ipv4Addr| IpAddr::V4(it))
}

fn v6(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|it: Ipv6Addr| IpAddr::V6(it))
}

/// Decimal digits without leading zeros.
fn port(text: &str) -> Option<u16> {
    let port: u16 = text.parse().ok()?;
    (port.to_string() == text).then_some(port)
}

fn read_v2(data: &[u8]) -> Option<Header> {
    let &[command, family, high, low] = data.get(12..16)? else { return None };
    let length = usize::from(high) << 8 | usize::from(low);
    if length > 2048 {
        return None;
    }
    let block = data.get(16..16 + length)?;
    let whole = 16 + length;
    match command {
        0x20 => return Some((None, whole)),
        0x21 => {}
        _ => return None,
    }
    let (address, ports): (IpAddr, usize) = match family >> 4 {
        1 => (<[u8; 4]>::try_from(block.get(..4)?).ok()?.into(), 8),
        2 => (<[u8; 16]>::try_from(block.get(..16)?).ok()?.into(), 32),
        _ => return Some((None, whole)),
    };
    let ports = block.get(ports..ports + 4)?;
    Some((Some(SocketAddr::new(address, u16::from(ports[0]) << 8 | u16::from(ports[1]))), whole))
}
