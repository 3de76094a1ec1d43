"""Writes how parameters are read and validated, each where FastAPI would do it."""

from __future__ import annotations

from evenflow.fastpath.plan import Absent, BodyParameters, Parameter, Source
from evenflow.fastpath.source.code import Code

_LOOKED_UP = {
    Source.PATH: "path_params.get({key})",
    Source.QUERY: "query.get({key})",
    Source.HEADER: "headers.get({key})",
    Source.COOKIE: "cookies.get({key})",
    Source.FORM: "form.get({key})",
}
_AS_FASTAPI_HAS_IT = {
    Source.PATH: "path_params",
    Source.QUERY: "QueryParams(scope['query_string'])",
    Source.HEADER: "Headers(scope=scope)",
    Source.COOKIE: "cookies",
}


def write_parameter(code: Code, parameter: Parameter) -> str:
    """Reads one parameter; gives the argument it becomes."""
    if not parameter.plain:
        return _by_fastapi(code, parameter)
    value = code.variable("p")
    header = parameter.source is Source.HEADER
    key = code.constant("KEY", parameter.alias.lower().encode() if header else parameter.alias)
    location = code.constant("LOCATION", (parameter.source.value, parameter.alias))
    code.line(f"{value} = {_LOOKED_UP[parameter.source].format(key=key)}")
    # An empty field of a form counts as not filled in.
    with code.block(f"if not {value}:" if parameter.source is Source.FORM else f"if {value} is None:"):
        _write_absent(code, parameter, value, location)
    if header or parameter.validate is not None:
        with code.block("else:"):
            if header:
                code.line(f"{value} = {value}.decode('latin-1')")
            if parameter.validate is not None:
                write_validation(code, value, code.constant("VALIDATE", parameter.validate), location)
    return f"{parameter.name}={value}"


def write_validation(code: Code, value: str, validate: str, location: str, invalid: str = "MISSING") -> None:
    """Validates a local variable in place; what is wrong becomes what `invalid` says."""
    with code.block("try:"):
        code.line(f"{value} = {validate}({value}, from_attributes=True)")
    with code.block("except ValidationError as invalid:"):
        code.line(f"errors += located(invalid, {location})")
        code.line(f"{value} = {invalid}")


def write_body(code: Code, body: BodyParameters, *, texts: bool) -> list[str]:
    """Takes what one callable wants from the body; gives the arguments it becomes."""
    if texts:
        return [write_parameter(code, parameter) for parameter in body.texts]
    fields = code.constant("FIELDS", body.fields)
    if body.validate is None:
        values, wrong = code.variable("b"), code.variable("w")
        code.line(f"{values}, {wrong} = await body_to_args({fields}, body, {body.embed})")
        code.line(f"errors += {wrong}")
        return [f"**{values}"]
    value = code.variable("b")
    with code.block("if body is Undefined:"):
        code.line(f"{value}, wrong = absent({fields}[0], ('body',))")
        code.line("errors += wrong")
    with code.block("else:"):
        code.line(f"{value} = body")
        # FastAPI leaves such a body in place as None, where it leaves other values out.
        write_validation(code, value, code.constant("VALIDATE", body.validate), "('body',)", "None")
    return [f"{body.name}={value}"]


def _write_absent(code: Code, parameter: Parameter, value: str, location: str) -> None:
    match parameter.absent:
        case Absent.ERROR:
            code.line(f"errors.append(missing({location}))")
            code.line(f"{value} = MISSING")
        case Absent.CONSTANT:
            code.line(f"{value} = {code.constant('DEFAULT', parameter.default)}")
        case Absent.FASTAPI:
            code.line(f"{value}, wrong = absent({code.constant('FIELD', parameter.field)}, {location})")
            code.line("errors += wrong")
            code.line(f"if wrong: {value} = MISSING")


def _by_fastapi(code: Code, parameter: Parameter) -> str:
    values, wrong = code.variable("p"), code.variable("w")
    fields = code.constant("FIELDS", [parameter.field])
    code.line(f"{values}, {wrong} = params_to_args({fields}, {_AS_FASTAPI_HAS_IT[parameter.source]})")
    code.line(f"errors += {wrong}")
    return f"**{values}"
