//! Licence keys: 128 random bits that can be read out over the telephone.
//!
//! `3WB8-0Z7R-MV9P-3AHC-B91M-ZNFG-Q4WB`: seven groups of four of Crockford's base 32
//! (<https://www.crockford.com/base32.html>: no I, L, O or U), in capitals. Of the 28 characters
//! the first 26 are the random number, most significant first, and the last two are check
//! characters: the whole, read as a number in base 32, leaves 1 when divided by 1021. This is the
//! pure system of ISO/IEC 7064, as in an IBAN, with the largest prime modulus for two characters. A
//! client can find a typing error by itself: every single wrong character, every swap of two
//! characters, and all but one in a thousand of other errors.
//!
//! A reader ignores case, spaces and hyphens, and takes O for 0, I and L for 1.

use aws_lc_rs::rand;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The largest prime below 1024, the number of values of two characters.
const MODULUS: u32 = 1021;

/// The number of characters of the random number. 26 hold 130 bits, so the first is below 8.
const DIGITS: usize = 26;
const CHECK_DIGITS: usize = 2;
const GROUP: usize = 4;

/// A key whose check characters are right, in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseKey(String);

impl LicenseKey {
    /// Makes a random key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes)?;
        Ok(Self::from_number(u128::from_be_bytes(bytes)))
    }

    fn from_number(number: u128) -> Self {
        let mut digits = [0; DIGITS + CHECK_DIGITS];
        for (i, digit) in digits[..DIGITS].iter_mut().rev().enumerate() {
            *digit = (number >> (5 * i) & 31) as u8;
        }
        let check = (MODULUS + 1 - remainder(&digits)) % MODULUS;
        digits[DIGITS] = (check >> 5) as u8;
        digits[DIGITS + 1] = (check & 31) as u8;
        Self::from_digits(&digits)
    }

    fn from_digits(digits: &[u8]) -> Self {
        let mut text = String::with_capacity(digits.len() + digits.len() / GROUP);
        for (i, digit) in digits.iter().enumerate() {
            if i > 0 && i % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(*digit)]));
        }
        Self(text)
    }

    /// Parses a key; `None` when it is mistyped, or no key.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(digit)
            .take(DIGITS + CHECK_DIGITS + 1)
            .collect::<Option<_>>()?;
        let right =
            digits.len() == DIGITS + CHECK_DIGITS && digits[0] < 8 && remainder(&digits) == 1;
        right.then(|| Self::from_digits(&digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digit(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|known| char::from(*known) == c).map(|i| i as u8)
}

/// Returns the remainder of the digits, as one number in base 32, divided by the modulus.
fn remainder(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |rest, digit| (rest * 32 + u32::from(*digit)) % MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_however_it_was_written() {
        for number in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let key = LicenseKey::from_number(number);
            assert_eq!(key.as_str().len(), 34);
            let plain = key.as_str().replace('-', "").to_lowercase();
            assert_eq!(LicenseKey::parse(&plain), Some(key.clone()));
            let confused = plain.replace('0', "o").replace('1', "l");
            assert_eq!(LicenseKey::parse(&confused), Some(key));
        }
        assert_ne!(LicenseKey::generate().unwrap(), LicenseKey::generate().unwrap());
    }

    #[test]
    fn the_example_in_the_documentation_is_a_key() {
        let key = "3WB8-0Z7R-MV9P-3AHC-B91M-ZNFG-Q4WB";
        let number = 0x7c5a_01f3_e29b_4d86_a8b1_690d_3f57_c2e4;
        assert_eq!(LicenseKey::from_number(number).as_str(), key);
        assert!(LicenseKey::parse(key).is_some());
    }

    #[test]
    fn every_single_wrong_character_and_every_swap_is_noticed() {
        let key = LicenseKey::from_number(0x0fed_cba9_8765_4321_1357_9bdf_2468_ace0);
        let right: Vec<char> = key.as_str().chars().filter(|c| *c != '-').collect();
        let parse = |chars: &[char]| LicenseKey::parse(&chars.iter().collect::<String>());
        assert!(parse(&right).is_some());
        for i in 0..right.len() {
            for other in ALPHABET.iter().map(|b| char::from(*b)).filter(|c| *c != right[i]) {
                let mut wrong = right.clone();
                wrong[i] = other;
                assert!(parse(&wrong).is_none(), "{other} at {i}");
            }
            for j in i + 1..right.len() {
                let mut swapped = right.clone();
                swapped.swap(i, j);
                assert!(right[i] == right[j] || parse(&swapped).is_none(), "{i} and {j} swapped");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = LicenseKey::from_number(7);
        for text in ["", "-", "ABCD", "ÄÖÜ", &key.as_str()[1..], &format!("{}0", key.as_str())] {
            assert!(LicenseKey::parse(text).is_none(), "{text}");
        }
    }
}
