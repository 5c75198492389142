# The image of every Airflow service: Airflow's own, this project's requirements, this project.
FROM apache/airflow:3.3.2 AS project

# New volumes take owner and rights of the folder they are mounted on. The databases read their passwords as another user.
USER root
RUN install --directory --owner=airflow --group=0 --mode=0770 /opt/keys /opt/landing /opt/scratch /opt/state \
    && install --directory --owner=airflow --group=0 --mode=0755 /opt/metadata /opt/warehouse
USER airflow

COPY --chown=airflow:0 requirements.txt requirements-image.txt /opt/project/
RUN uv pip install --no-cache --compile-bytecode \
    -r /opt/project/requirements.txt -r /opt/project/requirements-image.txt

COPY --chown=airflow:0 LICENSE README.md pyproject.toml requirements.in /opt/project/
COPY --chown=airflow:0 include /opt/project/include
COPY --chown=airflow:0 dags /opt/project/dags
COPY --chown=airflow:0 plugins /opt/project/plugins
# Registers the `zoom` connection type, the [zoom] settings and the grant's journal in every service. Bytecode is made
# here, as containers run read-only.
RUN uv pip install --no-cache --no-deps -e /opt/project && python -m compileall -q /opt/project

ENV AIRFLOW__CORE__DAGS_FOLDER=/opt/project/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/project/plugins \
    PYTHONPATH=/opt/project
WORKDIR /opt/project

# For a trial: the simulated Zoom has a certificate, which this image trusts, and no other image does.
FROM project AS sandbox
USER root
RUN install --directory --owner=airflow --group=0 --mode=0770 /opt/sandbox
USER airflow
RUN python -m include.sandbox.certificate /opt/sandbox

FROM project
