"""What the API server of Kubernetes takes beyond types and names of fields: the facts of its validation code, as functions.

Each function takes a part of an object as plain data, wherever that part stands (in a document, in a user's values), and
yields what the API server would refuse. The rules that the functions hold stand in `k8s.io/kubernetes/pkg/apis/*/validation`
and `k8s.io/apimachinery/pkg/util/validation`; the versions meant are the maintained ones, and
`since` has what differs between versions.
"""
