//! Rules for the fields of requests, as `garde` calls them.

use http_kit::text;

use super::{
    normalize_password,
    username::{self, is_reserved, is_username_char},
};

const PASSWORD_LENGTH: (usize, usize) = (8, 128);
const EMAIL_MAX_LENGTH: usize = 254;
const URL_MAX_LENGTH: usize = 2048;

/// Checks a username.
pub fn username(value: &str, _: &()) -> garde::Result {
    let (least, most) = username::LENGTH;
    if !(least..=most).contains(&value.len()) {
        return refuse(&format!("must have {least} to {most} characters"));
    }
    if !value.chars().all(is_username_char) {
        return refuse("may only have letters, digits, '_', '.' and '-'");
    }
    if is_reserved(value) {
        return refuse("is reserved");
    }
    Ok(())
}

/// Checks a password that is to be set. Characters are counted as they are hashed.
pub fn new_password(value: &str, _: &()) -> garde::Result {
    let (least, most) = PASSWORD_LENGTH;
    match (least..=most).contains(&normalize_password(value).chars().count()) {
        true => Ok(()),
        false => refuse(&format!("must have {least} to {most} characters")),
    }
}

/// Checks a password that is to be verified. One that was set may be longer before it is normalized,
/// or, if it was set before passwords were normalized, after.
pub fn password(value: &str, _: &()) -> garde::Result {
    let most = PASSWORD_LENGTH.1;
    let is_short = value.chars().nth(most).is_none();
    if !value.is_empty() && (is_short || normalize_password(value).chars().nth(most).is_none()) {
        Ok(())
    } else {
        refuse(&format!("must have 1 to {most} characters"))
    }
}

/// Checks an email address.
pub fn email(value: &str, _: &()) -> garde::Result {
    if value.len() > EMAIL_MAX_LENGTH {
        return refuse(&format!("must have at most {EMAIL_MAX_LENGTH} characters"));
    }
    garde::rules::email::parse_email(value)
        .map_err(|_| garde::Error::new("is not a valid email address"))
}

/// Checks a first or last name that must not be blank.
pub fn name(value: &str, _: &()) -> garde::Result {
    text::visible(value, &())?;
    clearable_name(value, &())
}

/// Checks a first or last name; a blank one is allowed, and clears the field.
pub fn clearable_name(value: &str, _: &()) -> garde::Result {
    const MOST: usize = 100;
    if value.chars().nth(MOST).is_some() {
        return refuse(&format!("must have at most {MOST} characters"));
    }
    text::one_line(value, &())?;
    text::visible_or_empty(value, &())
}

/// Checks a biography. A blank one is allowed, and clears the field.
pub fn bio(value: &str, _: &()) -> garde::Result {
    const MOST: usize = 1000;
    if value.chars().nth(MOST).is_some() {
        return refuse(&format!("must have at most {MOST} characters"));
    }
    text::several_lines(value, &())?;
    text::visible_or_empty(value, &())
}

/// Checks a picture's address: one that a page can show. A blank one is allowed, and clears the
/// field.
pub fn web_address(value: &str, _: &()) -> garde::Result {
    let value = value.trim();
    let is_web = value.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if value.is_empty() || (is_web && value.len() <= URL_MAX_LENGTH) {
        Ok(())
    } else {
        refuse(&format!("must be an http or https address of at most {URL_MAX_LENGTH} characters"))
    }
}

fn refuse(problem: &str) -> garde::Result {
    Err(garde::Error::new(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_s_address_is_of_the_web() {
        for good in ["https://example.com/a.png", "http://localhost:3000/me", " "] {
            assert!(web_address(good, &()).is_ok(), "{good}");
        }
        for bad in ["javascript:alert(1)", "/me.png", "example.com", "data:image/png;base64,AA"] {
            assert!(web_address(bad, &()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_has_its_length_as_it_is_hashed() {
        // One letter and its mark: two characters as typed, one as hashed.
        let decomposed = |count: usize| "e\u{301}".repeat(count);
        assert!(new_password(&decomposed(7), &()).is_err());
        assert!(new_password(&decomposed(8), &()).is_ok());
        assert!(new_password(&decomposed(128), &()).is_ok());
        assert!(new_password(&decomposed(129), &()).is_err());
        // Every password that can be set can be verified.
        assert!(password(&decomposed(128), &()).is_ok());
        assert!(password(&"x".repeat(128), &()).is_ok());
        for bad in [String::new(), "x".repeat(129), decomposed(129)] {
            assert!(password(&bad, &()).is_err());
        }
    }

    #[test]
    fn names_are_visible_and_on_one_line() {
        for good in ["Ada", "李小龍", "می\u{200C}خواهم"] {
            assert!(name(good, &()).is_ok(), "{good}");
        }
        for bad in ["", " ", "\u{200B}", "\u{3164}", "A\nda", "A\u{202E}da", &"x".repeat(101)] {
            assert!(name(bad, &()).is_err(), "{bad:?}");
        }
        assert!(clearable_name(" ", &()).is_ok() && clearable_name("\u{2800}", &()).is_err());
        assert!(bio("One.\nTwo.", &()).is_ok() && bio("\u{2060}\u{FEFF}", &()).is_err());
    }
}
