//! A line of the access log, written without the cost of `format!`: each has a dozen parts, and each request
//! writes one.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Pretty,
}

/// What a line says of a request. It names the route and not the path, which may hold a licence key.
pub struct Entry<'a> {
    pub method: &'a str,
    pub route: &'a str,
    pub status: u16,
    pub took: Duration,
    pub request_id: &'a str,
    /// The instance that answered; `None` for an answer of this process.
    pub instance: Option<SocketAddr>,
    /// The time in which that instance began its answer.
    pub upstream_took: Option<Duration>,
}

/// Adds a line; `time` is a second as text, and milliseconds.
///
/// # Errors
/// Those of writing to a buffer in memory, which has none.
pub fn write(
    out: &mut Vec<u8>,
    format: Format,
    time: (&str, u32),
    entry: &Entry<'_>,
) -> io::Result<()> {
    match format {
        Format::Json => write_json(out, time, entry),
        Format::Pretty => write_pretty(out, time, entry),
    }
}

fn write_json(
    out: &mut Vec<u8>,
    (second, millis): (&str, u32),
    entry: &Entry<'_>,
) -> io::Result<()> {
    // Methods, routes and request ids hold nothing that JSON escapes.
    push(out, [r#"{"timestamp":""#, second, "."]);
    write_thousandths(out, millis);
    push(out, [r#"Z","level":"INFO","message":"served","method":""#, entry.method]);
    push(out, [r#"","route":""#, entry.route, r#"","status":"#]);
    write_number(out, entry.status.into());
    push(out, [r#","ms":"#]);
    write_millis(out, entry.took);
    if let Some(instance) = entry.instance {
        push(out, [r#","instance":""#]);
        write_address(out, instance)?;
        push(out, [r#"""#]);
    }
    if let Some(took) = entry.upstream_took {
        push(out, [r#","upstream_ms":"#]);
        write_millis(out, took);
    }
    push(out, [r#","request_id":""#, entry.request_id, r#"","target":"access"}"#, "\n"]);
    Ok(())
}

fn write_pretty(
    out: &mut Vec<u8>,
    (second, millis): (&str, u32),
    entry: &Entry<'_>,
) -> io::Result<()> {
    let Entry { method, route, status, request_id, .. } = entry;
    write!(out, "{second}.{millis:03}Z  INFO served {method} {route} {status} ms=")?;
    write_millis(out, entry.took);
    if let Some(instance) = entry.instance {
        write!(out, " instance={instance}")?;
    }
    if let Some(took) = entry.upstream_took {
        push(out, [" upstream_ms="]);
        write_millis(out, took);
    }
    writeln!(out, " request_id={request_id}")
}

fn push<const N: usize>(out: &mut Vec<u8>, texts: [&str; N]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes milliseconds with three decimals, without the cost of a float.
fn write_millis(out: &mut Vec<u8>, time: Duration) {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    write_number(out, micros / 1000);
    out.push(b'.');
    write_thousandths(out, (micros % 1000) as u32);
}

/// Writes the last three digits of a number.
fn write_thousandths(out: &mut Vec<u8>, number: u32) {
    out.extend([100, 10, 1].map(|place| digit(u64::from(number) / place)));
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(digit(number));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// Returns the last digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

fn write_address(out: &mut Vec<u8>, address: SocketAddr) -> io::Result<()> {
    let IpAddr::V4(ip) = address.ip() else { return write!(out, "{address}") };
    for (octet, end) in ip.octets().into_iter().zip(*b"...:") {
        write_number(out, octet.into());
        out.push(end);
    }
    write_number(out, address.port().into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        for number in [0, 7, 10, 99, 100, 12_034, 1_000_000, u64::MAX] {
            let mut out = Vec::new();
            write_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
        for (micros, text) in [(0, "0.000"), (7, "0.007"), (12_034, "12.034"), (999_999, "999.999")]
        {
            let mut out = Vec::new();
            write_millis(&mut out, Duration::from_micros(micros));
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn addresses_are_written_as_the_standard_library_does() {
        for text in ["10.0.0.1:9002", "255.255.255.255:65535", "0.0.0.0:0", "[2001:db8::1]:80"] {
            let mut out = Vec::new();
            write_address(&mut out, text.parse().unwrap()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
