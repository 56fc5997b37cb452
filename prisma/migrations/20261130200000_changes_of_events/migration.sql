-- AlterTable
ALTER TABLE "sync_events" ADD COLUMN "changes" JSON;

-- JSON as jsonb. What jsonb cannot hold is left out: the escapes of NUL and of half a surrogate pair.
CREATE FUNCTION sync_jsonb(document json) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
  SELECT CASE WHEN position('\u' IN document::text) = 0 THEN document::text
              ELSE regexp_replace(document::text, '(\\[^u]|\\u(?!0000|[dD][89a-fA-F]))|\\u.{4}', '\1', 'g')
         END::jsonb
$$;

-- A list of a state after changes: `patches` of its entries, by their ids in the field `id`, `gone` fields of theirs,
-- ids of those whose `is_active` is the opposite, and all ids in their order where that is another one.
CREATE FUNCTION sync_list_after(entries jsonb, patches jsonb, gone jsonb, turned jsonb, sorted jsonb, id text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE WHEN patches IS NULL AND gone IS NULL AND turned IS NULL AND sorted IS NULL THEN entries ELSE (
    SELECT coalesce(jsonb_agg(
             CASE WHEN turned ? key THEN one || jsonb_build_object('is_active', one -> 'is_active' IS DISTINCT FROM 'true'::jsonb) ELSE one END
             ORDER BY place, added), '[]')
    FROM (
      SELECT key, added, CASE WHEN sorted IS NULL THEN old.place ELSE new_places.place END AS place,
             (coalesce(entry, '{}') || coalesce(patch, '{}')) - coalesce(fields, '{}') AS one
      FROM (SELECT value AS entry, value ->> id AS key, ordinality AS place FROM jsonb_array_elements(entries) WITH ORDINALITY) AS old
      FULL JOIN (SELECT value AS patch, value ->> id AS key, ordinality AS added FROM jsonb_array_elements(patches) WITH ORDINALITY) AS told
        USING (key)
      LEFT JOIN (SELECT value ->> 0 AS key, ARRAY(SELECT jsonb_array_elements_text(value -> 1)) AS fields FROM jsonb_array_elements(gone)) AS gone_fields
        USING (key)
      LEFT JOIN (SELECT value AS key, ordinality AS place FROM jsonb_array_elements_text(sorted) WITH ORDINALITY) AS new_places
        USING (key)
      WHERE sorted IS NULL OR new_places.place IS NOT NULL
    ) AS all_of_them
  ) END
$$;

-- Participants after an event, with what they have left: `was` before it, `entries` after it but for time_remaining_ms.
CREATE FUNCTION sync_left_after(was jsonb, entries jsonb, remaining jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE WHEN remaining IS NULL THEN entries ELSE (
    SELECT coalesce(jsonb_agg(
             CASE WHEN old.entry IS NULL THEN now.entry ELSE now.entry || jsonb_build_object('time_remaining_ms', coalesce(
               told.value,
               remaining -> 'all',
               by_group.value,
               CASE WHEN old.entry -> 'is_active' = 'true' AND now.entry -> 'is_active' = 'true'
                         AND remaining ? 'running' AND jsonb_typeof(old.entry -> 'time_remaining_ms') = 'number'
                    THEN to_jsonb((old.entry ->> 'time_remaining_ms')::numeric + (remaining ->> 'running')::numeric)
               END,
               old.entry -> 'time_remaining_ms')) END
             ORDER BY now.place), '[]')
    FROM (SELECT value AS entry, value ->> 'participant_id' AS key, ordinality AS place FROM jsonb_array_elements(entries) WITH ORDINALITY) AS now
    LEFT JOIN (SELECT value AS entry, value ->> 'participant_id' AS key FROM jsonb_array_elements(was)) AS old USING (key)
    LEFT JOIN (SELECT value ->> 0 AS key, value -> 1 AS value FROM jsonb_array_elements(remaining -> 'participants')) AS told USING (key)
    LEFT JOIN (SELECT value ->> 0 AS group_id, value -> 1 AS value FROM jsonb_array_elements(remaining -> 'groups')) AS by_group
      ON by_group.group_id = now.entry ->> 'group_id'
  ) END
$$;

-- The state after an event, from the one before it and the column `changes`. NULL where their form is unknown.
CREATE FUNCTION sync_state_after(state jsonb, changes jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE WHEN changes ->> 'form' = '1' THEN
    (state || (told - ARRAY['participants', 'groups', 'items', 'order'])
    || CASE WHEN state ? 'participants' THEN jsonb_build_object('participants', sync_left_after(state -> 'participants',
         sync_list_after(state -> 'participants', told -> 'participants', gone -> 'participants', turned -> 'participants',
                         told #> '{order,participants}', 'participant_id'), changes -> 'left')) ELSE '{}' END
    || CASE WHEN state ? 'groups' THEN jsonb_build_object('groups',
         sync_list_after(state -> 'groups', told -> 'groups', gone -> 'groups', turned -> 'groups', told #> '{order,groups}', 'group_id')) ELSE '{}' END
    || CASE WHEN state ? 'items' AND (gone -> 'session' ? 'items') IS NOT TRUE THEN jsonb_build_object('items',
         sync_list_after(state -> 'items', told -> 'items', gone -> 'items', turned -> 'items', told #> '{order,items}', 'item_id'))
       WHEN told ? 'items' THEN jsonb_build_object('items', told -> 'items') ELSE '{}' END)
    - ARRAY(SELECT jsonb_array_elements_text(gone -> 'session'))
  END
  FROM (SELECT changes -> 'changes' AS told, changes -> 'gone' AS gone, changes -> 'turned' AS turned) AS parts
$$;

-- The whole state of a session after an event: the last snapshot before it, and what the events since then changed.
-- NULL where a row is missing, or where an earlier release left both snapshot and changes to the rules.
CREATE FUNCTION sync_state(session text, epoch bigint, version integer) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
  last integer;
  state jsonb;
  step record;
BEGIN
  SELECT base.version, sync_jsonb(base.state_snapshot) INTO last, state FROM sync_events AS base
  WHERE base.session_id = sync_state.session AND base.epoch = sync_state.epoch AND base.version <= sync_state.version
    AND base.state_snapshot IS NOT NULL
  ORDER BY base.version DESC LIMIT 1;
  FOR step IN
    SELECT event.version, event.changes FROM sync_events AS event
    WHERE event.session_id = sync_state.session AND event.epoch = sync_state.epoch
      AND event.version > last AND event.version <= sync_state.version
    ORDER BY event.version
  LOOP
    EXIT WHEN step.version <> last + 1 OR step.changes IS NULL OR state IS NULL;
    last := step.version;
    state := sync_state_after(state, sync_jsonb(step.changes));
  END LOOP;
  RETURN CASE WHEN last = sync_state.version THEN state END;
END
$$;
