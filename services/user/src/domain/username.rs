//! Usernames: the characters they have, how they are compared, and which ones are reserved.

/// The least and the greatest number of characters.
pub const LENGTH: (usize, usize) = (3, 50);

/// Returns a username or an email address, stored or typed, as it is compared: at a sign-in, a
/// registration and a look-up, and where wrong passwords are counted.
///
/// Only ASCII letters fold. Stored names have no other letters, so in what people type no other
/// letter can stand for one of theirs; and `users.username_folded` and `email_folded` are the same
/// under every locale of the database.
pub fn fold_name(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Usernames that nobody can register: the name of deleted accounts, names that people would take
/// for the platform itself, and words that stand where a username stands in addresses of ours, or
/// may stand there one day. Accounts that have one keep it.
const RESERVED: &[&str] = &[
    // The prompt service shows this name on the prompts of deleted accounts.
    "deleted-user",
    // The platform, and people who would speak for it.
    "admin",
    "admins",
    "administrator",
    "anonymous",
    "help",
    "mod",
    "moderator",
    "nobody",
    "noreply",
    "no-reply",
    "null",
    "official",
    "postmaster",
    "promptforge",
    "root",
    "security",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "undefined",
    "webmaster",
    // Words of addresses.
    ".well-known",
    "about",
    "activate",
    "analytics",
    "api",
    "api-docs",
    "assets",
    "auth",
    "by-username",
    "check",
    "comments",
    "explore",
    "favicon.ico",
    "follow",
    "followers",
    "following",
    "health",
    "home",
    "index.html",
    "internal",
    "licenses",
    "likes",
    "listings",
    "login",
    "logout",
    "logout-all",
    "marketplace",
    "me",
    "metrics",
    "new",
    "password",
    "prompts",
    "public",
    "ratings",
    "refresh",
    "register",
    "robots.txt",
    "roles",
    "search",
    "sessions",
    "settings",
    "social",
    "static",
    "stats",
    "suspend",
    "swagger-ui",
    "tests",
    "trending",
    "users",
];

/// Returns whether a username is one that nobody can register.
pub fn is_reserved(username: &str) -> bool {
    RESERVED.contains(&fold_name(username).as_str())
}

pub fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_fold() {
        assert_eq!(fold_name("Ada.L@Example.COM"), "ada.l@example.com");
        // These fold to letters of ASCII in Unicode, or in some locale.
        for (typed, ascii) in [("\u{130}da", "ida"), ("\u{131}da", "ida"), ("\u{212A}im", "kim")] {
            assert_ne!(fold_name(typed), ascii);
        }
    }

    #[test]
    fn reserved_names_are_reserved_in_any_case_and_listed_as_they_fold() {
        for name in ["admin", "ROOT", "Me", "by-username", "search", "Deleted-User", ".Well-Known"]
        {
            assert!(is_reserved(name), "{name}");
        }
        assert!(!is_reserved("ada") && !is_reserved("admin-2") && !is_reserved("rooted"));
        for name in RESERVED {
            assert_eq!(fold_name(name), *name);
            assert!(name.chars().all(is_username_char), "{name}");
        }
    }
}
