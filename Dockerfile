# chartgen alone, without a root user; what it needs at run time is in the image: `docker run --network none` builds charts
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY pyproject.toml hatch_build.py README.md LICENSE /source/
COPY chartgen /source/chartgen
COPY schema /source/schema
COPY templates /source/templates
COPY docs/rules /source/docs/rules
# without pip in it, which nobody calls there
RUN python3 -m venv --without-pip /opt/chartgen \
 && python3 -m pip --python /opt/chartgen/bin/python install --no-cache-dir --disable-pip-version-check /source

FROM ${BASE}
COPY --from=build /opt/chartgen /opt/chartgen
ENV PATH=/opt/chartgen/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["chartgen"]
CMD ["--help"]
