//! The user who imports, and their password.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::local::{StateDir, secrets};

use super::Args;

/// The file of the state directory with the passwords that were made here.
const FILE: &str = "importer.json";

/// The name, address and password of the user who imports.
pub struct Credentials {
    pub username: String,
    pub email: String,
    pub password: String,
}

impl Credentials {
    /// Takes the password of the arguments, else the one kept for this user of this gateway. A new one is
    /// kept before it is used: otherwise a crash could leave an account that nobody can sign in to.
    ///
    /// # Errors
    /// When a password cannot be kept.
    pub fn from_args(args: &Args, gateway: &Url) -> anyhow::Result<Self> {
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
                        let password = secrets::random_token()?;
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
