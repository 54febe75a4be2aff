// SPDX-License-Identifier: MIT OR Apache-2.0
use super::{Answer, Bench};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

const TEXT: &str = "#blufio\n[settings]\nagent.name = 'Cloud'\n";

/// A metadata service: what it answers to each first line of a request, and 404 otherwise. EC2's wants a token.
fn service(bench: &mut Bench, maker: (&str, &str), answers: Vec<(&'static str, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    bench.args.metadata_service = listener.local_addr().unwrap();
    bench.args.metadata = true;
    bench.put(&format!("root/sys/class/dmi/id/{}", maker.0), maker.1);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let found =
                answers.iter().find(|(first, _)| head[0].starts_with(first)).map(|(_, body)| body.as_str());
            let may = !head[0].contains("/latest/user-data")
                || maker_is_not_ec2(&answers)
                || head.iter().any(|line| line == "x-aws-ec2-metadata-token: t0ken");
            let (status, body) = match found {
                Some(body) if may => ("200 OK", body),
                Some(_) => ("401 Unauthorized", ""),
                None => ("404 Not Found", ""),
            };
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
}

fn maker_is_not_ec2(answers: &[(&'static str, String)]) -> bool {
    !answers.iter().any(|(first, _)| first.contains("/api/token"))
}

#[test]
fn each_provider_is_asked_in_its_own_place() {
    for (file, maker, place) in [
        ("sys_vendor", "Hetzner\n", "GET /hetzner/v1/userdata"),
        ("sys_vendor", "DigitalOcean\n", "GET /metadata/v1/user-data"),
        ("sys_vendor", "Vultr\n", "GET /latest/user-data"),
        ("product_name", "OpenStack Nova\n", "GET /openstack/latest/user_data"),
    ] {
        let mut bench = Bench::new();
        service(&mut bench, (file, maker), vec![(place, TEXT.to_owned())]);
        assert_eq!(bench.run().lines(), "", "{maker}");
        assert!(bench.settings().contains("Cloud"), "{maker}");
        assert!(bench.path("root/var/config/provisioned/cloud").exists(), "{maker}");
    }
}

#[test]
fn ec2_is_asked_with_a_token() {
    let mut bench = Bench::new();
    let answers =
        vec![("PUT /latest/api/token", "t0ken".to_owned()), ("GET /latest/user-data", TEXT.to_owned())];
    service(&mut bench, ("sys_vendor", "Amazon EC2\n"), answers);
    assert_eq!(bench.run().lines(), "");
    assert!(bench.settings().contains("Cloud"));
}

#[test]
fn a_machine_of_nobody_known_asks_nobody() {
    let mut bench = Bench::new();
    service(&mut bench, ("sys_vendor", "QEMU\n"), vec![("GET ", TEXT.to_owned())]);
    let (report, answer) = bench.ask();
    assert_eq!((report.lines().as_str(), answer), ("", Answer::Had), "nor again");
    assert!(!bench.settings().contains("Cloud"));
}

#[test]
fn a_wrong_text_is_asked_for_again_and_an_absent_one_is_not() {
    let mut bench = Bench::new();
    let wrong = TEXT.replace("name", "nmae");
    service(&mut bench, ("sys_vendor", "Hetzner\n"), vec![("GET /hetzner/v1/userdata", wrong)]);
    assert!(bench.run().lines().starts_with("user-data of Hetzner [settings]: there is no key `agent.nmae`"));
    assert!(!bench.path("root/var/config/provisioned/cloud").exists());
    assert!(bench.settings().contains("blufio.sock"), "the boot goes on");

    let mut bench = Bench::new();
    service(&mut bench, ("sys_vendor", "Hetzner\n"), Vec::new());
    assert_eq!(bench.run().lines(), "");
    assert!(bench.path("root/var/config/provisioned/cloud").exists());
}

#[test]
fn somebody_who_is_not_there_is_asked_again_and_no_longer_missed_once_there_was_an_answer() {
    let mut bench = Bench::new();
    bench.args.metadata = true;
    bench.put("root/sys/class/dmi/id/sys_vendor", "Hetzner\n");
    let (report, answer) = bench.ask();
    assert_eq!(answer, Answer::Nobody);
    assert!(report.lines().starts_with("user-data of Hetzner: "), "{}", report.lines());
    assert!(bench.read("root/run/blufio-provision/problems").contains("it is asked again"));
    assert!(bench.settings().contains("blufio.sock"), "the boot goes on");
    assert!(!bench.path("root/var/config/provisioned/cloud").exists());
    service(&mut bench, ("sys_vendor", "Hetzner\n"), vec![("GET /hetzner/v1/userdata", TEXT.to_owned())]);
    assert_eq!(bench.ask().1, Answer::Had);
    assert!(bench.settings().contains("Cloud"));
    assert_eq!(bench.read("root/run/blufio-provision/problems"), "");
}

#[test]
fn what_was_wrong_before_the_cloud_was_asked_is_still_said() {
    let mut bench = Bench::new();
    bench.put("esp/blufio/notes.doc", "?");
    bench.run();
    bench.args.esp = None;
    service(&mut bench, ("sys_vendor", "Hetzner\n"), vec![("GET /hetzner/v1/userdata", "x".repeat(70_000))]);
    bench.run();
    let lines = bench.read("root/run/blufio-provision/problems");
    assert!(lines.contains("notes.doc") && lines.contains("more than the 65536 that"), "{lines}");
}
