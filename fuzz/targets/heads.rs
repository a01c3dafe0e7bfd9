//! Heads: who the client is, and what of its head goes further.
//!
//! The first line of an input is the peer's address, each further one a header. The whole input is read as the
//! start of a trusted proxy's connection, too.

#![no_main]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use fuzz::{at_once, proxy_header, trim};
use gateway::fuzzing::{
    Peer, TrustedProxies, network, read_proxy_header, set_forwarded_headers, set_identity_headers,
    strip_hop_by_hop,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_kit::config::Env;
use libfuzzer_sys::fuzz_target;

const TOKEN: &str = "internal-token-of-the-targets";

static PROXIES: LazyLock<TrustedProxies> = LazyLock::new(|| {
    let mut env = Env::with([("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1, 2001:db8::/32")]);
    let proxies = TrustedProxies::read(&mut env);
    env.finish(proxies).unwrap()
});

/// The trusted networks, written down a second time.
fn is_trusted(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.octets()[0] == 10 || v4 == Ipv4Addr::new(192, 0, 2, 1),
        IpAddr::V6(v6) => v6.segments()[..2] == [0x2001, 0xdb8],
    }
}

fuzz_target!(|data: &[u8]| {
    check_proxy_header(data);
    let mut lines = data.split(|byte| *byte == b'\n');
    let first = lines.next().and_then(|line| std::str::from_utf8(line).ok()?.parse().ok());
    let peer = first.unwrap_or(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    for is_tls in [false, true] {
        check_client(peer, is_tls, &headers);
    }
    check_network(peer);
    check_what_goes_further(peer, headers);
});

/// The header of a proxy is read as its specification says, and not one byte more.
fn check_proxy_header(data: &[u8]) {
    let mut rest = data;
    let read = at_once(read_proxy_header(&mut rest));
    let read = read.ok().map(|source| (source, data.len() - rest.len()));
    assert_eq!(read, proxy_header::read(data), "{:?}", String::from_utf8_lossy(data));
}

fn other_end(address: IpAddr, is_tls: bool) -> Peer {
    Peer { address: SocketAddr::new(address, 4711), is_tls }
}

/// The address is the peer's, or the first one from the right that no trusted proxy has.
fn check_client(peer: IpAddr, is_tls: bool, headers: &HeaderMap) {
    let client = PROXIES.client(other_end(peer, is_tls), headers);
    let own = (peer.to_canonical(), is_tls, headers.get("host"));
    let found = (client.address, client.is_https, client.host.as_ref());
    if !is_trusted(peer) {
        assert_eq!(found, own, "believed of {peer}");
        return;
    }
    // From the left: each element that can be read starts again unless all right of it are trusted proxies'.
    let mut expected = None;
    for line in headers.get_all("x-forwarded-for") {
        let text = line.to_str().ok();
        for element in text.unwrap_or("?").split(',') {
            let address = address(element.trim());
            expected = match (address, expected) {
                (None, _) => Some(None),
                (Some(it), Some(Some(before))) if is_trusted(it) => Some(Some(before)),
                (Some(it), Some(None)) if is_trusted(it) => Some(Some(it)),
                (Some(it), _) => Some(Some(it)),
            };
        }
    }
    let expected = expected.flatten().unwrap_or(own.0);
    assert_eq!(client.address, expected, "{headers:?}");
}

fn address(text: &str) -> Option<IpAddr> {
    let address = match text.strip_prefix('[') {
        Some(rest) if rest.ends_with(']') => rest[..rest.len() - 1].parse().ok(),
        _ if text.matches(':').count() == 1 || text.starts_with('[') => {
            text.parse().ok().map(|it: SocketAddr| it.ip())
        }
        _ => text.parse().ok(),
    };
    address.map(|it: IpAddr| it.to_canonical())
}

/// A client's network has the client, is its own network, and is that of its neighbours.
fn check_network(peer: IpAddr) {
    let own = network(peer);
    assert_eq!(network(own), own);
    match peer.to_canonical() {
        IpAddr::V4(v4) => assert_eq!(own, IpAddr::V4(v4)),
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0xff);
            assert_eq!(network(octets.into()), own);
            octets[7] ^= 1;
            assert_ne!(network(octets.into()), own);
        }
    }
}

/// Nothing of one connection goes further, and nothing that a service would take for the gateway's word.
fn check_what_goes_further(peer: IpAddr, mut headers: HeaderMap) {
    const HOP_BY_HOP: [&str; 9] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let client = PROXIES.client(other_end(peer, false), &headers);
    let named: Vec<Vec<u8>> = headers
        .get_all("connection")
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(|name| trim(name).to_ascii_lowercase())
        .collect();
    let mut expected = headers.clone();
    for name in headers.keys().map(HeaderName::as_str) {
        if HOP_BY_HOP.contains(&name) || named.iter().any(|it| it == name.as_bytes()) {
            expected.remove(name);
        }
    }
    strip_hop_by_hop(&mut headers);
    assert_eq!(headers, expected);

    set_identity_headers(&mut headers, None, &HeaderValue::from_static(TOKEN));
    set_forwarded_headers(&mut headers, &client);
    for (name, value) in &headers {
        // As a service reads it that knows only letters, digits and one kind of dash.
        match name.as_str().replace('_', "-").as_str() {
            "x-internal-token" => assert_eq!(value, TOKEN),
            "x-forwarded-for" => assert_eq!(value, client.address.to_string().as_str()),
            "x-forwarded-proto" => assert!(value == "http" || value == "https"),
            "x-forwarded-host" => assert_eq!(Some(value), client.host.as_ref()),
            folded => assert!(!is_gateways(folded), "{name}: {value:?} goes further"),
        }
    }
    for name in ["x-internal-token", "x-forwarded-for", "x-forwarded-proto"] {
        assert_eq!(headers.get_all(name).iter().count(), 1, "{name}");
    }
}

/// Tells whether a header is one by which services know a caller.
fn is_gateways(folded: &str) -> bool {
    let names =
        ["x-user-id", "x-username", "x-user-roles", "x-session-id", "authorization", "forwarded"];
    names.contains(&folded) || folded.starts_with("x-forwarded") || folded.starts_with("x-real-ip")
}
