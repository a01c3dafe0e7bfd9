//! Errors of a callee that its callers act on, as enums.

use std::{convert::Infallible, fmt::Debug};

use http::StatusCode;

/// Why a callee did not do what it was asked, where the caller acts on it. All other errors are
/// [`CallError`](crate::CallError)'s.
pub trait Refusal: Sized + Debug + Send {
    /// Returns the refusal that an answer's `code` stands for.
    fn from_code(code: &str) -> Option<Self>;

    /// Returns status, code, and text for people, as the callee answers.
    fn answer(&self) -> (StatusCode, &'static str, &'static str);
}

/// For calls without refusals.
impl Refusal for Infallible {
    fn from_code(_: &str) -> Option<Self> {
        None
    }

    fn answer(&self) -> (StatusCode, &'static str, &'static str) {
        match *self {}
    }
}

/// Makes an enum of refusals: variant, status, code, and text for people.
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $status:ident $code:literal $detail:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl $crate::Refusal for $name {
            fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn answer(&self) -> (http::StatusCode, &'static str, &'static str) {
                match self {
                    $(Self::$variant => (http::StatusCode::$status, $code, $detail),)+
                }
            }
        }
    };
}

pub(crate) use refusals;
