# The image of every Airflow service: Airflow's own, this project's requirements, this project.
FROM apache/airflow:3.3.2

# New volumes take the owner of the folder they are mounted on.
USER root
RUN install --directory --owner=airflow --group=0 --mode=0770 /opt/landing /opt/state
USER airflow

COPY --chown=airflow:0 requirements.txt /opt/project/requirements.txt
# Airflow's image brings Celery's provider with it.
RUN uv pip install --no-cache --compile-bytecode -r /opt/project/requirements.txt

COPY --chown=airflow:0 LICENSE README.md pyproject.toml requirements.in /opt/project/
COPY --chown=airflow:0 include /opt/project/include
COPY --chown=airflow:0 dags /opt/project/dags
COPY --chown=airflow:0 plugins /opt/project/plugins
# Registers the `zoom` connection type, the [zoom] settings and the grant's journal in every service.
RUN uv pip install --no-cache --no-deps --compile-bytecode -e /opt/project

ENV AIRFLOW__CORE__DAGS_FOLDER=/opt/project/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/project/plugins \
    PYTHONPATH=/opt/project
WORKDIR /opt/project
