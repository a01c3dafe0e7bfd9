//! Problem codes as values and as types: a handler names the codes that it answers, and the compiler
//! checks that they exist.
//!
//! Each code is declared once, by [`errors!`](crate::errors!) or by [`problem_codes!`](crate::problem_codes).
//! The codes here are those that this crate, `auth` and the gateway answer in every service.

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProblemCode {
    /// The HTTP status.
    pub status: u16,
    /// The `code` of the body: stable, in `SCREAMING_SNAKE_CASE`.
    pub code: &'static str,
}

/// One code, or a tuple of such types.
pub trait ProblemCodes {
    /// Lists the codes.
    fn list() -> Vec<ProblemCode>;
}

impl ProblemCodes for () {
    fn list() -> Vec<ProblemCode> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($first:ident $($other:ident)*) => {
        impl<$first: ProblemCodes, $($other: ProblemCodes),*> ProblemCodes for ($first, $($other,)*) {
            fn list() -> Vec<ProblemCode> {
                [$first::list(), $($other::list()),*].concat()
            }
        }
        tuples!($($other)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L);

/// Declares codes outside of an error enum: a unit type for each.
///
/// ```
/// http_kit::problem_codes! {
///     /// `latest` names the newest version.
///     LabelReserved = 422 LABEL_RESERVED;
/// }
/// let error = http_kit::ApiError::of(LabelReserved::CODE, "The newest version is `latest` by itself.");
/// assert_eq!((error.status().as_u16(), error.code()), (422, "LABEL_RESERVED"));
/// ```
#[macro_export]
macro_rules! problem_codes {
    ($($(#[$meta:meta])* $name:ident = $status:literal $code:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            pub const CODE: $crate::problem::ProblemCode = {
                assert!(400 <= $status && $status < 600, "the status of a problem");
                $crate::problem::ProblemCode { status: $status, code: stringify!($code) }
            };
        }

        impl $crate::problem::ProblemCodes for $name {
            fn list() -> ::std::vec::Vec<$crate::problem::ProblemCode> {
                ::std::vec![Self::CODE]
            }
        }
    )*};
}

problem_codes! {
    /// A parameter or a field of the body is not valid.
    ValidationFailed = 400 VALIDATION_FAILED;
    /// The body is not JSON, or not an object.
    MalformedJson = 400 MALFORMED_JSON;
    /// The body holds too many values.
    TooManyValues = 400 TOO_MANY_VALUES;
    /// The body ends too early, or its chunks are malformed.
    BodyUnreadable = 400 BODY_UNREADABLE;
    /// The `Host` header is missing, repeated or not valid; answered by the gateway.
    BadHost = 400 BAD_HOST;
    /// The path is not valid in a URI; answered by the gateway.
    BadPath = 400 BAD_PATH;
    /// Nobody is signed in; answered by `auth`.
    AuthenticationRequired = 401 AUTHENTICATION_REQUIRED;
    /// The access token is not good; answered by the gateway.
    InvalidToken = 401 INVALID_TOKEN;
    /// The headers that name the caller make no sense; answered by `auth`.
    InvalidIdentity = 401 INVALID_IDENTITY;
    /// The caller may not do this.
    Forbidden = 403 FORBIDDEN;
    /// There is nothing at the path.
    RouteNotFound = 404 ROUTE_NOT_FOUND;
    /// The path does not take the method.
    MethodNotAllowed = 405 METHOD_NOT_ALLOWED;
    /// The body did not arrive in time.
    BodyTooSlow = 408 BODY_TOO_SLOW;
    /// The body is larger than [`MAX_BODY_BYTES`](crate::app::MAX_BODY_BYTES).
    BodyTooLarge = 413 BODY_TOO_LARGE;
    /// The body is not JSON.
    UnsupportedMediaType = 415 UNSUPPORTED_MEDIA_TYPE;
    /// The body is compressed.
    UnsupportedContentEncoding = 415 UNSUPPORTED_CONTENT_ENCODING;
    /// An address or a user sent too many requests; answered by the gateway.
    TooManyRequests = 429 TOO_MANY_REQUESTS;
    /// A fault of the service.
    InternalError = 500 INTERNAL_ERROR;
    /// The service broke off its response; answered by the gateway.
    UpstreamFailed = 502 UPSTREAM_FAILED;
    /// A store or another service is away.
    DependencyUnavailable = 503 DEPENDENCY_UNAVAILABLE;
    /// Too many large requests are being processed, or, answered by the gateway, too many requests.
    TooBusy = 503 TOO_BUSY;
    /// The service did not answer in time; answered by the gateway, and by the service itself once nobody waits
    /// for its answer.
    UpstreamTimeout = 504 UPSTREAM_TIMEOUT;
    /// The service's address leads back to the gateway; answered by the gateway.
    LoopDetected = 508 LOOP_DETECTED;
}
