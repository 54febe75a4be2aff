// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who has the text that one can give a machine: the metadata service of its provider. Only machines whose maker is known
//! ask, and only the one place of that maker. Elsewhere, whoever is nearest on the network could answer.

use crate::provision::handed::{Handed, LONGEST};
use crate::provision::machine::Machine;
use crate::provision::report::Report;
use crate::provision::userdata;
use blufio_net::{Metadata, NetError};
use reqwest::Method;
use std::net::SocketAddr;
use std::time::Duration;

/// How the place of what it hands over begins.
pub(crate) const PLACE: &str = "user-data of ";
/// How often it is asked. The service may be there a little later than the network.
const TRIES: usize = 3;
/// How long it is waited in between.
const PAUSE: Duration = Duration::from_secs(2);
/// Most bytes of a token.
const TOKEN: usize = 1024;

struct Provider {
    name: &'static str,
    /// By what the machine is recognised: a file of its DMI, and how it begins.
    maker: (&'static str, &'static str),
    path: &'static str,
    /// Whether a token has to be asked for first.
    token: bool,
}

const fn provider(name: &'static str, maker: (&'static str, &'static str), path: &'static str) -> Provider {
    Provider { name, maker, path, token: false }
}

const PROVIDERS: &[Provider] = &[
    provider("Hetzner", ("sys_vendor", "Hetzner"), "/hetzner/v1/userdata"),
    provider("DigitalOcean", ("sys_vendor", "DigitalOcean"), "/metadata/v1/user-data"),
    provider("Vultr", ("sys_vendor", "Vultr"), "/latest/user-data"),
    provider("OpenStack", ("product_name", "OpenStack"), "/openstack/latest/user_data"),
    Provider { token: true, ..provider("EC2", ("sys_vendor", "Amazon EC2"), "/latest/user-data") },
];

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There was one, if only that there is nothing; or there is nobody to ask.
    Had,
    /// There was one, and it is of no use.
    Wrong,
    /// Nobody was there. Asking again may help.
    Nobody,
}

/// Asks the provider of this machine: what came of it, and what it hands over.
pub(crate) fn ask(address: SocketAddr, machine: &Machine, report: &mut Report) -> (Answer, Option<Handed>) {
    let known =
        PROVIDERS.iter().find(|provider| machine.maker(provider.maker.0).starts_with(provider.maker.1));
    let Some(provider) = known else {
        report.notice("this machine is of no provider whose metadata service is known; nobody is asked");
        return (Answer::Had, None);
    };
    let place = format!("{PLACE}{}", provider.name);
    match fetch(address, provider) {
        Ok(None) => (Answer::Had, None),
        Ok(Some(body)) => match String::from_utf8(body) {
            Ok(text) => (Answer::Had, userdata::read(&place, &text, report)),
            Err(_) => {
                report.notice(format!("{place} is no UTF-8 text: it is not for Blufio, and ignored"));
                (Answer::Had, None)
            }
        },
        Err(error) if error.downcast_ref::<NetError>().is_some_and(NetError::is_retryable) => {
            report.problem(place, format_args!("{error}; it is asked again"));
            (Answer::Nobody, None)
        }
        Err(error) => {
            report.problem(place, format_args!("{error}; the next boot asks again"));
            (Answer::Wrong, None)
        }
    }
}

fn fetch(address: SocketAddr, provider: &Provider) -> anyhow::Result<Option<Vec<u8>>> {
    let service = Metadata::new(address)?;
    crate::serve::runtime()?.block_on(async {
        let mut left = TRIES;
        loop {
            left = left.saturating_sub(1);
            match once(&service, provider).await {
                Err(error) if error.is_retryable() && left > 0 => tokio::time::sleep(PAUSE).await,
                answer => return Ok(answer?),
            }
        }
    })
}

async fn once(service: &Metadata, provider: &Provider) -> Result<Option<Vec<u8>>, NetError> {
    if !provider.token {
        return service.ask(Method::GET, provider.path, &[], LONGEST).await;
    }
    let lifetime = [("x-aws-ec2-metadata-token-ttl-seconds", "60")];
    let token = service.ask(Method::PUT, "/latest/api/token", &lifetime, TOKEN).await?.unwrap_or_default();
    let token = String::from_utf8_lossy(&token);
    service.ask(Method::GET, provider.path, &[("x-aws-ec2-metadata-token", &token)], LONGEST).await
}
