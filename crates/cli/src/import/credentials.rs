//! Who imports, and with which password.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::local::{StateDir, secrets};

use super::Args;

/// Keeps the passwords that were made here.
const FILE: &str = "importer.json";

pub struct Credentials {
    pub username: String,
    pub email: String,
    pub password: String,
}

impl Credentials {
    /// The password given, else the one made for this user of this gateway, now or earlier. It is
    /// kept before it is used, so that no account is made that nobody can sign in to.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn of(args: &Args, gateway: &Url) -> anyhow::Result<Self> {
        let given = args.password.clone().filter(|password| !password.is_empty());
        let password = match given {
            Some(password) => password,
            None => {
                let dir = StateDir::open(&args.state_dir)?;
                let mut kept: BTreeMap<String, String> = dir.read(FILE).unwrap_or_default();
                let key = format!("{gateway} {}", args.username);
                match kept.get(&key) {
                    Some(password) => password.clone(),
                    None => {
                        let password = secrets::random()?;
                        kept.insert(key, password.clone());
                        dir.write(FILE, &kept)?;
                        password
                    }
                }
            }
        };
        let email = args.email.clone();
        Ok(Self {
            email: email.unwrap_or_else(|| format!("{}@promptforge.example", args.username)),
            username: args.username.clone(),
            password,
        })
    }
}
