//! Where the services are: in the environment, or in a file that can be read again.

use std::{collections::BTreeMap, fs, path::PathBuf};

use http::uri::Authority;

use crate::routes::Service;

/// The most bytes of the file.
const MAX_BYTES: u64 = 64 * 1024;

/// The addresses of all services.
pub struct ServiceAddresses {
    /// Those of the environment, in the order of [`Service::ALL`].
    pub defaults: Vec<Vec<Authority>>,
    /// Lines like `PROMPT_SERVICE_URL=http://prompt:9002`, which go before the environment.
    pub file: Option<PathBuf>,
}

impl ServiceAddresses {
    /// Returns the addresses of each service, in the order of [`Service::ALL`].
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn read(&self) -> Result<Vec<Vec<Authority>>, Vec<String>> {
        let Some(path) = &self.file else { return Ok(self.defaults.clone()) };
        let is_small = fs::metadata(path).is_ok_and(|file| file.len() <= MAX_BYTES);
        let text = fs::read_to_string(path).ok().filter(|_| is_small);
        let text = text.ok_or_else(|| vec!["cannot be read, or has over 64 KiB".to_owned()])?;
        let mut named = parse(&text)?;
        let services = Service::ALL.into_iter().zip(&self.defaults);
        let addresses = services.map(|(service, default)| {
            named.remove(service.setting()).unwrap_or_else(|| default.clone())
        });
        Ok(addresses.collect())
    }
}

/// Reads lines of a setting and its addresses; empty ones and those after `#` are passed over.
fn parse(text: &str) -> Result<BTreeMap<&str, Vec<Authority>>, Vec<String>> {
    let (mut named, mut problems) = (BTreeMap::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=').map(|(name, urls)| (name.trim(), authorities(urls))) {
            Some((name, Some(authorities))) if is_setting(name) => {
                named.insert(name, authorities);
            }
            Some((name, None)) if is_setting(name) => problems.push(format!(
                "line {number}: {name} must be http://host:port without a path, comma-separated"
            )),
            _ => problems.push(format!("line {number}: not the address of a service")),
        }
    }
    if problems.is_empty() { Ok(named) } else { Err(problems) }
}

fn is_setting(name: &str) -> bool {
    Service::ALL.iter().any(|service| service.setting() == name)
}

fn authorities(urls: &str) -> Option<Vec<Authority>> {
    urls.split(',').map(|url| authority(url.trim())).collect()
}

/// Returns the host and port of a plain `http://` URL without a path.
pub fn authority(url: &str) -> Option<Authority> {
    url.trim_end_matches('/').strip_prefix("http://")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_services_and_every_mistake_in_it_is_told() {
        let named = parse("# ours\n\nPROMPT_SERVICE_URL = http://a:1, http://b:2/\n").unwrap();
        assert_eq!(named["PROMPT_SERVICE_URL"], ["a:1", "b:2"]);
        let problems = parse("PROMPT_SERVICE_URL=\nTEST_SERVICE_URL=https://a\nPORT=1\nnonsense");
        assert_eq!(problems.unwrap_err().len(), 4);
    }
}
