// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Answer, CheckedResolver};
use crate::error::{LookupFailed, Refusal};
use reqwest::dns::Resolve;
use std::io;

async fn resolve(name: &str, lookup: fn(String) -> Answer) -> Result<Vec<String>, String> {
    let answer = CheckedResolver { lookup }.resolve(name.parse().unwrap()).await;
    match answer {
        Ok(addresses) => Ok(addresses.map(|address| address.ip().to_string()).collect()),
        Err(error) => match (error.downcast_ref::<Refusal>(), error.downcast_ref::<LookupFailed>()) {
            (Some(refusal), _) => Err(refusal.to_string()),
            (_, Some(failed)) => Err(failed.to_string()),
            _ => panic!("an error without a type: {error}"),
        },
    }
}

#[tokio::test]
async fn public_addresses_are_handed_on() {
    let lookup = |_| {
        Box::pin(async { Ok(vec!["1.1.1.1:0".parse().unwrap(), "[2607:6bc0::10]:0".parse().unwrap()]) })
            as Answer
    };
    assert_eq!(resolve("example.com", lookup).await.unwrap(), ["1.1.1.1", "2607:6bc0::10"]);
}

#[tokio::test]
async fn one_forbidden_address_spoils_the_name_and_the_error_says_which() {
    let lookup = |_| {
        Box::pin(async { Ok(vec!["1.1.1.1:0".parse().unwrap(), "10.0.0.7:0".parse().unwrap()]) }) as Answer
    };
    let error = resolve("rebind.example.com", lookup).await.unwrap_err();
    assert_eq!(error, "rebind.example.com was refused: its address 10.0.0.7 is a private address");
}

#[tokio::test]
async fn a_forbidden_name_is_not_even_looked_up() {
    let lookup = |name| -> Answer { panic!("{name} was looked up") };
    let error = resolve("metadata.google.internal", lookup).await.unwrap_err();
    assert_eq!(error, "metadata.google.internal was refused: it is a metadata service");
}

#[tokio::test]
async fn a_name_without_an_address_is_a_failed_lookup() {
    let nothing = |_| Box::pin(async { Ok(vec![]) }) as Answer;
    assert!(resolve("example.com", nothing).await.unwrap_err().contains("it has no address"));
    let broken = |_| Box::pin(async { Err(io::Error::other("no name server")) }) as Answer;
    assert!(resolve("example.com", broken).await.unwrap_err().contains("no name server"));
}

#[tokio::test]
async fn the_answers_of_the_system_are_checked_too() {
    // The system's resolver takes addresses for names, which needs no network.
    let error = resolve("127.0.0.1", CheckedResolver::system().lookup).await.unwrap_err();
    assert_eq!(error, "127.0.0.1 was refused: its address 127.0.0.1 is a loopback address");
}
