//! Short header values, written without the cost of `format!` and of a buffer on the heap.

use std::net::IpAddr;

use http::HeaderValue;

/// The most bytes of a text. What does not fit is cut off; the longest is an IPv6 address or a `RateLimit`.
const CAPACITY: usize = 64;

/// A text of visible ASCII on the stack.
pub struct ShortText {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl ShortText {
    pub fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    pub fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.push(byte);
        }
        self
    }

    pub fn number(mut self, mut number: u64) -> Self {
        let start = self.length;
        loop {
            self.push(b'0' + (number % 10) as u8);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes[start..self.length].reverse();
        self
    }

    pub fn address(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets().map(u64::from);
                self.number(a).text(".").number(b).text(".").number(c).text(".").number(d)
            }
            IpAddr::V6(v6) => self.text(&v6.to_string()),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Returns the header; `None` for a text that cannot be one.
    pub fn into_header(self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.as_bytes()).ok()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: ShortText) -> String {
        text.into_header().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn texts_numbers_and_addresses_are_written_as_they_are_displayed() {
        let text = ShortText::new().text(r#""reads";r="#).number(0).text(";t=").number(1_200);
        assert_eq!(written(text), r#""reads";r=0;t=1200"#);
        assert_eq!(written(ShortText::new().number(u64::MAX)), u64::MAX.to_string());
        for text in ["0.0.0.0", "203.0.113.10", "255.255.255.255", "2001:db8::1", "::1"] {
            assert_eq!(written(ShortText::new().address(text.parse().unwrap())), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let text = ShortText::new().text(&"x".repeat(CAPACITY - 1)).number(12);
        assert_eq!(written(text), format!("{}2", "x".repeat(CAPACITY - 1)));
    }
}
