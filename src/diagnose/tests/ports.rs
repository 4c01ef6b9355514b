use super::*;

fn named(port: i32, name: &str) -> PortFacts {
    PortFacts { port, target: TargetPort::Name(name.to_owned()) }
}

#[test]
fn no_port() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "api")]));
    facts.service.as_mut().unwrap().ports =
        vec![PortFacts { port: 80, target: TargetPort::Name("web-http".to_owned()) }];
    facts.slices = vec![SliceFacts { ready: 3, ports: 0 }];
    insta::assert_snapshot!(said(&facts), @r#"
    NoPort { target_port: "web-http" }
    Service api-service has ready pods, but none of their containers has a port named web-http, which its port 80 leads to.
    Ports of the containers: http (8080).
    > kubectl -n shop patch service api-service --type json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"http"}]'
    "#);
}

#[test]
fn one_port_of_several() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "api")]));
    facts.service.as_mut().unwrap().ports = vec![named(80, "http"), named(443, "https")];
    facts.slices = vec![SliceFacts { ready: 3, ports: 1 }];
    assert_eq!(diagnose(&facts).fix, None, "another port leads there");
    for pod in &mut facts.pods {
        pod.ports.push((Some("tls".to_owned()), 8443));
    }
    insta::assert_snapshot!(said(&facts), @r#"
    Healthy
    Service api-service has 3 usable endpoints.
    Its port 443 has none: no container has a port named https (there are: http (8080), tls (8443)).
    > kubectl -n shop patch service api-service --type json -p '[{"op":"replace","path":"/spec/ports/1/targetPort","value":"tls"}]'
    "#);
}

#[test]
fn a_number_that_nobody_declares() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "api")]));
    facts.service.as_mut().unwrap().ports = vec![PortFacts { port: 80, target: TargetPort::Number(9090) }];
    facts.slices = vec![SliceFacts { ready: 3, ports: 1 }];
    insta::assert_snapshot!(said(&facts), @r"
    Healthy
    Service api-service has 3 usable endpoints.
    Its port 80 leads to 9090, which no container declares (there are: http (8080)); that is allowed, but something must listen there.
    ");
    for pod in &mut facts.pods {
        pod.ports.clear();
    }
    insta::assert_snapshot!(said(&facts), @r"
    Healthy
    Service api-service has 3 usable endpoints.
    ");
}
