//! Which coding a request prefers (RFC 9110, 12.5.3).

use http::{HeaderMap, header};

use super::encoder::Coding;

/// The greatest weight: 1.000, in thousandths.
const MAX_WEIGHT: u16 = 1000;

/// The codings that a request takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The coding to use; `None` where the answer is best left as it is.
    pub coding: Option<Coding>,
    /// Whether an answer that is not coded would not be accepted.
    pub refuses_identity: bool,
    /// The weight of each coding, in the order of [`Coding::ALL`].
    weights: [u16; Coding::ALL.len()],
}

impl Preference {
    /// Reads the headers of a request. Without `Accept-Encoding` an answer stays as it is: most clients that
    /// do not name a coding cannot read any.
    pub fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::ACCEPT_ENCODING).iter().peekable();
        if values.peek().is_none() {
            let weights = [MAX_WEIGHT; Coding::ALL.len()];
            return Self { coding: None, refuses_identity: false, weights };
        }
        let mut named = [None; Coding::ALL.len()];
        let (mut identity, mut others) = (None, None);
        for element in values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')) {
            let Some((name, weight)) = read_element(element) else { continue };
            let slot = match name.to_ascii_lowercase().as_slice() {
                b"zstd" => &mut named[Coding::Zstd as usize],
                b"br" => &mut named[Coding::Brotli as usize],
                b"gzip" | b"x-gzip" => &mut named[Coding::Gzip as usize],
                b"identity" => &mut identity,
                b"*" => &mut others,
                _ => continue,
            };
            slot.get_or_insert(weight);
        }
        let weights = named.map(|weight| weight.or(others).unwrap_or(0));
        Self::choose(weights, identity, others)
    }

    fn choose(
        weights: [u16; Coding::ALL.len()],
        identity: Option<u16>,
        others: Option<u16>,
    ) -> Self {
        let refuses_identity = identity.or(others) == Some(0);
        let mut best: Option<Coding> = None;
        for coding in Coding::ALL {
            let weight = weights[coding as usize];
            // Of codings of one weight the first is taken: they are in our order.
            if weight > best.map_or(0, |best| weights[best as usize]) {
                best = Some(coding);
            }
        }
        let prefers_identity = best.is_some_and(|best| identity > Some(weights[best as usize]));
        let coding = best.filter(|_| !prefers_identity);
        Self { coding, refuses_identity, weights }
    }

    /// Tells whether an answer in a coding would be accepted. Without `Accept-Encoding` any would be.
    pub fn accepts(&self, coding: Coding) -> bool {
        self.weights[coding as usize] > 0
    }
}

/// Reads `<coding>[;q=<weight>]`; `None` for what is not that. Who writes a weight that cannot be read may mean
/// that the coding is refused, so that it is not used.
fn read_element(element: &[u8]) -> Option<(&[u8], u16)> {
    let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut weight = MAX_WEIGHT;
    for parameter in parts {
        match parameter.split_at_checked(2) {
            Some((b"q=" | b"Q=", text)) => weight = read_weight(text)?,
            _ => return None,
        }
    }
    Some((name, weight))
}

/// Reads `0`, `1`, and up to three decimals, in thousandths.
fn read_weight(text: &[u8]) -> Option<u16> {
    let (whole, decimals) = match text.split_at_checked(1)? {
        (whole, b"") => (whole, &b""[..]),
        (whole, rest) => (whole, rest.strip_prefix(b".")?),
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |place: usize| u16::from(decimals.get(place).map_or(0, |digit| digit - b'0'));
    let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
    match whole {
        b"0" => Some(thousandths),
        b"1" if thousandths == 0 => Some(MAX_WEIGHT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Preference {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_bytes(value).unwrap());
        }
        Preference::read(&headers)
    }

    #[test]
    fn the_coding_of_the_greatest_weight_is_taken_and_of_equals_the_cheapest() {
        for (value, coding) in [
            ("gzip", Some(Coding::Gzip)),
            ("GZIP", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("br", Some(Coding::Brotli)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip,deflate,br", Some(Coding::Brotli)),
            ("gzip;q=1.0, br;q=0.8", Some(Coding::Gzip)),
            ("gzip;q=0.001", Some(Coding::Gzip)),
            ("\tgzip ; Q=0.5 ,, zstd;q=0.4", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("*;q=0.5, zstd;q=0", Some(Coding::Brotli)),
            ("gzip;q=0.5, identity;q=0.4", Some(Coding::Gzip)),
            ("identity;q=0, gzip", Some(Coding::Gzip)),
            ("identity, gzip", Some(Coding::Gzip)),
            ("identity;q=0.5, gzip;q=0.4", None),
            ("identity", None),
            ("", None),
            ("deflate", None),
            ("gzip;q=0", None),
            ("gzip;q=0.000, br;q=0.", None),
            ("*;q=0", None),
            ("gzip;q=0, *", Some(Coding::Zstd)),
        ] {
            assert_eq!(read(&[value.as_bytes()]).coding, coding, "{value}");
        }
        assert_eq!(read(&[b"br;q=0.1", b"gzip"]).coding, Some(Coding::Gzip), "two headers");
        assert_eq!(read(&[]).coding, None);
    }

    #[test]
    fn what_is_no_element_of_the_list_is_passed_over() {
        for bad in [
            &b"gzip;q=2"[..],
            b"gzip;q=1.001",
            b"gzip;q=0.1234",
            b"gzip;q=-1",
            b"gzip;q=",
            b"gzip;q",
            b"gzip;q=0.5x",
            b"gzip;q= 0.5",
            b"gzip;level=9",
            b"gzip;q=1;x",
            b";q=1",
            b"g\xffzip",
            b"\xff",
            b"gzip br",
            b"gzipp",
            b"\"gzip\"",
        ] {
            assert_eq!(read(&[bad]).coding, None, "{:?}", String::from_utf8_lossy(bad));
            let after = [bad, b", br"].concat();
            assert_eq!(read(&[&after]).coding, Some(Coding::Brotli));
        }
        assert_eq!(read(&[b"gzip;q=0, gzip;q=1"]).coding, None, "the first counts");
        let long = b"x,".repeat(5000);
        assert_eq!(read(&[&long, b"gzip"]).coding, Some(Coding::Gzip));
    }

    #[test]
    fn identity_is_refused_only_where_its_weight_is_zero() {
        for (value, refuses) in [
            ("identity;q=0", true),
            ("gzip, identity;q=0", true),
            ("gzip, *;q=0", true),
            ("identity, *;q=0", false),
            ("gzip", false),
            ("", false),
        ] {
            assert_eq!(read(&[value.as_bytes()]).refuses_identity, refuses, "{value}");
        }
    }
}
