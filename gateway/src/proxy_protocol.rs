//! The PROXY protocol, versions 1 and 2: the header with which a load balancer that knows no HTTP begins
//! each connection, and says for whom it is.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::TcpStream,
    time::timeout,
};

use crate::{Config, client_address::TrustedProxies};

/// The time within which the header must be there. A proxy sends it first of all.
const DEADLINE: Duration = Duration::from_secs(5);

/// The most bytes of a header of version 1, by its specification.
const MAX_V1: usize = 107;

/// The most bytes of addresses and extensions in a header of version 2. More than anything in use needs:
/// extensions with a client certificate's names are some hundred bytes.
const MAX_V2: usize = 2048;

const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// A reader of the PROXY headers with which trusted proxies begin their connections.
#[derive(Clone)]
pub struct ProxyHeaders {
    /// `None` when connections begin without one.
    proxies: Option<Arc<TrustedProxies>>,
}

impl ProxyHeaders {
    pub fn new(config: &Config) -> Self {
        let proxies = config.proxy_protocol.then(|| Arc::new(config.trusted_proxies.clone()));
        Self { proxies }
    }

    /// Reads the header of a trusted proxy, and returns the address that the connection comes from. From
    /// anyone else a header would be the start of a bad request.
    ///
    /// # Errors
    /// When there is no header in time, or one that cannot be read.
    pub async fn read(&self, stream: &mut TcpStream, peer: SocketAddr) -> io::Result<SocketAddr> {
        match &self.proxies {
            Some(proxies) if proxies.contains(peer.ip()) => {
                let header = timeout(DEADLINE, read_header(stream)).await;
                let source = header.map_err(|_| malformed("no PROXY header in time"))??;
                Ok(source.unwrap_or(peer))
            }
            _ => Ok(peer),
        }
    }
}

/// Reads a header and nothing after it. Returns the address of the client; `None` where the proxy speaks
/// for itself.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    // No header is shorter.
    let mut start = [0; V2_SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == *V2_SIGNATURE {
        read_v2(stream).await
    } else if start.starts_with(b"PROXY ") {
        read_v1(stream, &start).await
    } else {
        Err(malformed("a trusted proxy sent no PROXY header"))
    }
}

/// Reads the rest of a line such as `PROXY TCP4 203.0.113.1 192.0.2.1 4711 443`.
async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    start: &[u8],
) -> io::Result<Option<SocketAddr>> {
    let mut line = start.to_vec();
    // One byte at a time: what follows the line is the first request.
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_V1 {
            return Err(malformed("a PROXY line does not end"));
        }
        line.push(stream.read_u8().await?);
    }
    let line = str::from_utf8(&line).map_err(|_| malformed("a PROXY line is not ASCII"))?;
    let words: Vec<&str> = line.trim_end_matches("\r\n").split(' ').collect();
    match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family @ ("TCP4" | "TCP6"), source, target, source_port, target_port] => {
            let address = |text: &str| -> Option<IpAddr> {
                text.parse().ok().filter(|it: &IpAddr| it.is_ipv4() == (*family == "TCP4"))
            };
            address(target)
                .zip(port(target_port))
                .and_then(|_| Some(SocketAddr::new(address(source)?, port(source_port)?)))
                .map(Some)
                .ok_or_else(|| malformed("a PROXY line has bad addresses"))
        }
        _ => Err(malformed("a PROXY line cannot be read")),
    }
}

/// Parses a port: decimal digits without leading zeros.
fn port(text: &str) -> Option<u16> {
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

/// Reads what follows the signature of version 2: command, family, length, addresses, extensions.
async fn read_v2(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [command, family, length @ ..] = head;
    let length = usize::from(u16::from_be_bytes(length));
    if length > MAX_V2 {
        return Err(malformed("a PROXY header is too long"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    let source = match (command, family >> 4) {
        // LOCAL: a health check of the proxy.
        (0x20, _) => return Ok(None),
        (0x21, 1) => source::<4>(&rest),
        (0x21, 2) => source::<16>(&rest),
        // Addresses of another kind, such as Unix sockets.
        (0x21, _) => return Ok(None),
        _ => return Err(malformed("a PROXY header has an unknown version or command")),
    };
    source.map(Some).ok_or_else(|| malformed("a PROXY header is too short"))
}

/// Returns the source of a block of addresses of `N` bytes: source, target, source port, target port.
fn source<const N: usize>(block: &[u8]) -> Option<SocketAddr>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = block.split_first_chunk::<N>()?;
    let (_, ports) = rest.split_first_chunk::<N>()?;
    let (port, target_port) = ports.split_first_chunk::<2>()?;
    target_port.first_chunk::<2>()?;
    Some(SocketAddr::new(IpAddr::from(*source), u16::from_be_bytes(*port)))
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a header, and returns the client's address and what is left for HTTP.
    async fn read(bytes: &[u8]) -> io::Result<(Option<String>, Vec<u8>)> {
        let mut stream = bytes;
        let source = read_header(&mut stream).await?;
        Ok((source.map(|source| source.to_string()), stream.to_vec()))
    }

    fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = (block.len() as u16).to_be_bytes();
        [V2_SIGNATURE, &[command, family][..], &length, block, b"GET"].concat()
    }

    const V4: [u8; 12] = [203, 0, 113, 1, 192, 0, 2, 1, 0x12, 0x67, 0x01, 0xbb];

    #[tokio::test]
    async fn both_versions_say_who_the_client_is_and_leave_its_request() {
        let mut v6 = [0; 36];
        v6[..2].copy_from_slice(&[0x20, 0x01]);
        v6[15] = 7;
        v6[32..34].copy_from_slice(&[0, 80]);
        let with_extension = [&V4[..], &[4, 0, 1, 0]].concat();
        for (bytes, source) in [
            (
                b"PROXY TCP4 203.0.113.1 192.0.2.1 4711 443\r\nGET".to_vec(),
                Some("203.0.113.1:4711"),
            ),
            (b"PROXY TCP6 2001::7 ::1 80 443\r\nGET".to_vec(), Some("[2001::7]:80")),
            (b"PROXY UNKNOWN\r\nGET".to_vec(), None),
            (b"PROXY UNKNOWN ff:ff ff:ff 65535 65535\r\nGET".to_vec(), None),
            (v2(0x21, 0x11, &V4), Some("203.0.113.1:4711")),
            (v2(0x21, 0x11, &with_extension), Some("203.0.113.1:4711")),
            (v2(0x21, 0x21, &v6), Some("[2001::7]:80")),
            (v2(0x20, 0x00, &[]), None),
            (v2(0x20, 0x11, &V4), None),
            (v2(0x21, 0x31, &[0; 216]), None),
        ] {
            let (found, rest) = read(&bytes).await.unwrap();
            assert_eq!((found.as_deref(), rest.as_slice()), (source, &b"GET"[..]), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_header_that_cannot_be_read_ends_the_connection() {
        let endless = format!("PROXY TCP4 {}", "1".repeat(200));
        for bytes in [
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.1 192.0.2.1 4711\r\nGET".to_vec(),
            b"PROXY TCP4 2001::7 ::1 80 443\r\nGET".to_vec(),
            b"PROXY TCP4 203.0.113.1 192.0.2.1 70000 443\r\nGET".to_vec(),
            b"PROXY TCP4  203.0.113.1 192.0.2.1 4711 443\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.1 192.0.2.1 +4711 443\r\nGET".to_vec(),
            b"PROXY TCP4 203.0.113.1 192.0.2.1 4711 0443\r\nGET".to_vec(),
            b"PROXY TCP4 \xff\xff\xff\xff\r\n".to_vec(),
            endless.into_bytes(),
            v2(0x11, 0x11, &V4),
            v2(0x22, 0x11, &V4),
            v2(0x21, 0x11, &V4[..11]),
            v2(0x21, 0x21, &V4),
            v2(0x21, 0x11, &[0; MAX_V2 + 1]),
            V2_SIGNATURE.to_vec(),
            b"PROXY".to_vec(),
        ] {
            assert!(read(&bytes).await.is_err(), "{bytes:?}");
        }
    }
}
