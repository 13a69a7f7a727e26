/** The collection of Airflow's Variables: the screens that are about Variables alone ask for it by this name. */
export const VARIABLES = "variables";
