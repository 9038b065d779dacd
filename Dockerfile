# One image for all roles: docker build -t journeywatch:0.1.0 .

FROM python:3.11.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/journeywatch
ENV PATH=/opt/journeywatch/bin:$PATH
WORKDIR /src
COPY requirements/run.txt requirements/
RUN pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY stream stream
COPY agents agents
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11.11-slim-bookworm
COPY --from=build /opt/journeywatch /opt/journeywatch
ENV PATH=/opt/journeywatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 9464
ENTRYPOINT ["journeywatch"]
CMD ["worker"]
