//! The client's address, and what trusted proxies say of its connection.
//!
//! The address is that of the peer. Where the peer is a trusted proxy, it is the last one in
//! `X-Forwarded-For` that is not: a client can write what it likes there, but each trusted proxy adds the
//! address that it saw to the right.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_kit::config::Env;
use ipnet::{IpNet, Ipv4Net};

use crate::{protocol::is_host, short_text::ShortText};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks whose forwarding headers are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    /// Whether the connection is TLS that ends here.
    pub is_tls: bool,
}

/// A client as its connection and trusted proxies describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// Whether the client speaks TLS, with us or with a trusted proxy.
    pub is_https: bool,
    /// The host that the client asked for.
    pub host: Option<HeaderValue>,
}

impl TrustedProxies {
    /// Reads `TRUSTED_PROXIES`: addresses and networks, comma-separated; none by default.
    pub fn read(env: &mut Env) -> Self {
        const NAME: &str = "TRUSTED_PROXIES";
        let mut networks = Vec::new();
        for text in env.list(NAME) {
            match parse_network(&text) {
                Some(network) => networks.push(network),
                None => env.problem(NAME, "must be addresses and networks such as 10.0.0.0/8"),
            }
        }
        Self(networks)
    }

    /// Tells whether an address is a trusted proxy's.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the client of a request that arrived from a peer.
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        let Peer { address, is_tls } = peer;
        let host = headers.get(header::HOST).cloned();
        let mut client = Client { address: address.ip().to_canonical(), is_https: is_tls, host };
        if self.contains(address.ip()) {
            client.address = self.forwarded_address(client.address, headers);
            if let Some(proto) = last(headers, &X_FORWARDED_PROTO) {
                client.is_https = proto.eq_ignore_ascii_case("https");
            }
            if let Some(host) = last(headers, &X_FORWARDED_HOST).filter(|host| is_host(host)) {
                client.host = HeaderValue::from_str(host).ok();
            }
        }
        client
    }

    /// Returns the first address from the right that is not trusted. One that cannot be read ends the
    /// search: what stands left of it was written by no proxy that we know.
    fn forwarded_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer;
        for text in values(headers, &X_FORWARDED_FOR).rev() {
            match parse_address(text) {
                Some(before) => address = before,
                None => break,
            }
            if !self.contains(address) {
                break;
            }
        }
        address
    }
}

/// Returns the elements of a header that is a list, over all its lines.
fn values<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl DoubleEndedIterator<Item = &'h str> {
    // A line that is not text is one element that cannot be read.
    let lines = headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Returns the last element of a header, which the nearest proxy set.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    values(headers, name).next_back()
}

/// Parses an address as proxies write it: alone, or with a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// Parses a network, or an address as the network of one. A network of mapped addresses is the IPv4
/// network that they stand for.
fn parse_network(text: &str) -> Option<IpNet> {
    let address = || text.parse().ok().map(|address: IpAddr| IpNet::from(address.to_canonical()));
    let network = text.parse().ok().or_else(address)?;
    let mapped = match network {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    match mapped {
        Some((v4, prefix)) => Ipv4Net::new(v4, prefix).ok().map(IpNet::V4),
        None => Some(network),
    }
}

/// Returns what one client has of an address: an IPv4 address, or the /64 network of an IPv6 address,
/// of which anyone has all 2⁶⁴.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// Replaces every forwarding header that the client or a proxy sent: the service gets one address, one
/// protocol and one host.
pub fn set_forwarded_headers(headers: &mut HeaderMap, client: &Client) {
    let sent: Vec<HeaderName> =
        headers.keys().filter(|name| is_forwarding(name.as_str())).cloned().collect();
    for name in sent {
        headers.remove(name);
    }
    if let Some(address) = ShortText::new().address(client.address).into_header() {
        headers.insert(&X_FORWARDED_FOR, address);
    }
    let proto = if client.is_https { "https" } else { "http" };
    headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static(proto));
    if let Some(host) = client.host.clone() {
        headers.insert(&X_FORWARDED_HOST, host);
    }
}

/// Tells whether a header says where a request comes from, in any spelling that a service might read.
fn is_forwarding(name: &str) -> bool {
    let starts_with = |start: &str| {
        let folded = name.bytes().map(|byte| if byte == b'_' { b'-' } else { byte });
        name.len() >= start.len() && folded.zip(start.bytes()).all(|(one, other)| one == other)
    };
    starts_with("x-forwarded") || starts_with("x-real-ip") || name == "forwarded"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(networks: &str) -> TrustedProxies {
        let mut env = Env::with([("TRUSTED_PROXIES", networks)]);
        let proxies = TrustedProxies::read(&mut env);
        env.finish(proxies).unwrap()
    }

    fn peer(address: &str) -> Peer {
        Peer { address: SocketAddr::new(address.parse().unwrap(), 4711), is_tls: false }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_address_is_the_first_from_the_right_that_is_not_trusted() {
        let proxies = trusted("10.0.0.0/8, 192.0.2.1, 2001:db8::/32, ::ffff:172.16.0.0/108");
        for (peer, forwarded, expected) in [
            ("203.0.113.1", &["198.51.100.1"][..], "203.0.113.1"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.1.2.3", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1, 198.51.100.1, 192.0.2.1,2001:db8::7"], "198.51.100.1"),
            ("10.1.2.3", &["1.1.1.1", "198.51.100.1", "10.0.0.1"], "198.51.100.1"),
            ("10.1.2.3", &["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
            ("10.1.2.3", &["1.1.1.1, unknown, 10.0.0.1"], "10.0.0.1"),
            ("10.1.2.3", &["1.1.1.1, "], "10.1.2.3"),
            ("172.31.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.1.2.3", &["[2a00::1]:4711"], "2a00::1"),
            ("10.1.2.3", &["[2a00::1]"], "2a00::1"),
        ] {
            let lines: Vec<_> = forwarded.iter().map(|text| ("x-forwarded-for", *text)).collect();
            let client = proxies.client(self::peer(peer), &headers(&lines));
            assert_eq!(client.address.to_string(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn protocol_and_host_are_believed_of_trusted_proxies_only() {
        let sent = headers(&[
            ("host", "inside:9000"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-host", "api.example"),
        ]);
        let proxies = trusted("10.0.0.0/8");
        let client = proxies.client(peer("10.0.0.1"), &sent);
        assert_eq!(
            (client.is_https, client.host.unwrap().to_str().unwrap()),
            (true, "api.example")
        );
        let client = proxies.client(peer("203.0.113.1"), &sent);
        assert_eq!(
            (client.is_https, client.host.unwrap().to_str().unwrap()),
            (false, "inside:9000")
        );
        let sent = headers(&[("host", "inside"), ("x-forwarded-host", "user@evil.example")]);
        let client = proxies.client(peer("10.0.0.1"), &sent);
        assert_eq!(client.host.unwrap(), "inside");
    }

    #[test]
    fn a_service_gets_one_address_one_protocol_and_one_host() {
        let mut sent = headers(&[
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
            ("x_forwarded_for", "3.3.3.3"),
            ("x-forwarded-port", "1"),
            ("forwarded", "for=4.4.4.4"),
            ("x-real-ip", "5.5.5.5"),
            ("accept", "text/html"),
        ]);
        let address = "203.0.113.1".parse().unwrap();
        set_forwarded_headers(&mut sent, &Client { address, is_https: true, host: None });
        assert_eq!(
            sent,
            headers(&[
                ("x-forwarded-for", "203.0.113.1"),
                ("x-forwarded-proto", "https"),
                ("accept", "text/html"),
            ])
        );
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_a_mapped_address_is_the_ipv4_one() {
        let network = |text: &str| super::network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3::4"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:203.0.113.1"), "203.0.113.1");
        assert_eq!(network("203.0.113.1"), "203.0.113.1");
    }

    #[test]
    fn a_network_that_cannot_be_read_is_named() {
        for bad in ["somewhere", "10.0.0.0/33", "10.0.0", "::1/129"] {
            let mut env = Env::with([("TRUSTED_PROXIES", bad)]);
            let proxies = TrustedProxies::read(&mut env);
            let error = env.finish(proxies).unwrap_err().to_string();
            assert!(error.contains("TRUSTED_PROXIES"), "{bad}: {error}");
        }
    }
}
