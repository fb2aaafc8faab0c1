// Written by `npm run client:generate` from the OpenAPI document. Do not edit.

export interface paths {
    "/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the control plane and its database answer */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List projects
         * @description Scope: `admin`.
         */
        get: operations["listProjects"];
        put?: never;
        /**
         * Create a project
         * @description By an admin token of the default project. `token`, the new project’s first, is shown in this answer only.
         *
         *     Scope: `admin`.
         */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a project
         * @description Scope: `admin`.
         */
        get: operations["getProject"];
        put?: never;
        post?: never;
        /**
         * Delete a project
         * @description Scope: `admin`.
         */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        /**
         * Change a project
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `admin`.
         */
        patch: operations["updateProject"];
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API tokens
         * @description Scope: `admin`.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Create an API token
         * @description The token itself, `secret`, is shown in this answer only.
         *
         *     Scope: `admin`.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an API token
         * @description Scope: `admin`.
         */
        get: operations["getToken"];
        put?: never;
        post?: never;
        /**
         * Delete an API token: it ends at once
         * @description Scope: `admin`.
         */
        delete: operations["deleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vhosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List vhosts
         * @description Scope: `vhosts:read`.
         */
        get: operations["listVhosts"];
        put?: never;
        /**
         * Create a vhost
         * @description `hook_secret`, which signs calls of its admission hook, is shown in this answer only.
         *
         *     Scope: `vhosts:write`.
         */
        post: operations["createVhost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vhosts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a vhost
         * @description Scope: `vhosts:read`.
         */
        get: operations["getVhost"];
        put?: never;
        post?: never;
        /**
         * Delete a vhost that has no streams
         * @description Scope: `vhosts:write`.
         */
        delete: operations["deleteVhost"];
        options?: never;
        head?: never;
        /**
         * Change a vhost
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `vhosts:write`.
         */
        patch: operations["updateVhost"];
        trace?: never;
    };
    "/v1/vhosts/{id}:rotate-hook-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret that signs calls of the admission hook
         * @description The new secret is shown in this answer only. For `overlap_s`, 24 hours without it, calls carry a signature by each secret.
         *
         *     Scope: `vhosts:write`.
         */
        post: operations["rotateHookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List streams
         * @description Scope: `streams:read`.
         */
        get: operations["listStreams"];
        put?: never;
        /**
         * Create a stream
         * @description It gets a public playback id. On a keyed vhost it needs a key before anybody can publish.
         *
         *     Scope: `streams:write`.
         */
        post: operations["createStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a stream
         * @description Scope: `streams:read`.
         */
        get: operations["getStream"];
        put?: never;
        post?: never;
        /**
         * Delete a stream that is not on air, with its keys, playback ids and sessions
         * @description Scope: `streams:write`.
         */
        delete: operations["deleteStream"];
        options?: never;
        head?: never;
        /**
         * Change a stream
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `streams:write`.
         */
        patch: operations["updateStream"];
        trace?: never;
    };
    "/v1/streams/{id}:enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let publishers and players in again
         * @description Scope: `streams:write`.
         */
        post: operations["enableStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}:disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse publishers and players, and end the broadcast that is on
         * @description Scope: `streams:write`.
         */
        post: operations["disableStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}:disconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the broadcast that is on
         * @description The job is done when the node has ended it. The publisher may come again: disable the stream or revoke its key to prevent that.
         *
         *     Scope: `streams:write`.
         */
        post: operations["disconnectStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/ingest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where to publish, ready to paste
         * @description `YOUR_STREAM_KEY` stands for the key, which only the answer to its creation has.
         *
         *     Scope: `streams:read`.
         */
        get: operations["getIngest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the keys of a stream, revoked ones too
         * @description Scope: `streams:read`.
         */
        get: operations["listStreamKeys"];
        put?: never;
        /**
         * Create a stream key
         * @description The key itself, `secret`, and the publish URLs with it are shown in this answer only.
         *
         *     Scope: `keys:write`.
         */
        post: operations["createStreamKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key: no new broadcast starts with it
         * @description Scope: `keys:write`.
         */
        delete: operations["revokeStreamKey"];
        options?: never;
        head?: never;
        /**
         * Change a stream key
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `keys:write`.
         */
        patch: operations["updateStreamKey"];
        trace?: never;
    };
    "/v1/streams/{id}/keys:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a key, and let the others end after a while
         * @description The key itself, `secret`, and the URLs with it are shown in this answer only.
         *
         *     Scope: `keys:write`.
         */
        post: operations["rotateStreamKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/playback-ids": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the playback ids of a stream
         * @description Scope: `streams:read`.
         */
        get: operations["listPlaybackIds"];
        put?: never;
        /**
         * Give a stream another playback id
         * @description Scope: `streams:write`.
         */
        post: operations["createPlaybackId"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/playback-ids/{playback_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a playback id
         * @description Scope: `streams:write`.
         */
        delete: operations["deletePlaybackId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/playback/{playback_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How to play a stream or recording, ready to paste, and whether it is live */
        get: operations["getPlayback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/playback/{playback_id}/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A playlist or file of a recording
         * @description `index.m3u8` plays it, also while it is being recorded; `video.mp4`, `video.flv`, `poster.jpg` and the storyboard are there once they are made, and lead to the storage. A signed playback id needs `?token=`, a playback token with `aud` `recording`; its `from` and `to` limit what is played. A playback id of a stream plays its newest recording.
         */
        get: operations["getPlaybackFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/timeshift.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A playlist over any time of a stream that was archived, live where that goes on
         * @description Without `start` it slides over the last `dvr_window_s`. The stream’s playback ids decide who may see it; a signed one needs `?token=` with `aud` `recording`.
         */
        get: operations["getTimeshift"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/playback-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign a playback token
         * @description A JWT for `?token=` of the URLs that `GET /v1/playback/{playback_id}` shows. It is not kept: you may as well sign it yourself with a signing key. Its claims: `sub` the playback id, `aud` `live` or `recording` or both, `iat`, `exp` at most seven days later, and `nbf`, `ip`, `vid`, `from` and `to` where you want them. Viewing ends with it, on every protocol.
         *
         *     Scope: `playback:sign`.
         */
        post: operations["createPlaybackToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/playback-revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the revocations that hold
         * @description Scope: `playback:sign`.
         */
        get: operations["listPlaybackRevocations"];
        put?: never;
        /**
         * Shut a viewer out, or end all tokens of a playback id that were issued so far
         * @description Nodes know within seconds; viewers who are on are ended.
         *
         *     Scope: `playback:sign`.
         */
        post: operations["createPlaybackRevocation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/playback-revocations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a revocation back
         * @description Scope: `playback:sign`.
         */
        delete: operations["deletePlaybackRevocation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List signing keys, revoked ones too
         * @description Scope: `streams:read`.
         */
        get: operations["listSigningKeys"];
        put?: never;
        /**
         * Make a key that signs playback tokens, or import the public half of your own
         * @description The private half, `private_jwk`, is shown in this answer only. Tokens that you sign yourself carry the id of the key as `kid`.
         *
         *     Scope: `keys:write`.
         */
        post: operations["createSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/signing-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a signing key
         * @description Scope: `streams:read`.
         */
        get: operations["getSigningKey"];
        put?: never;
        post?: never;
        /**
         * Revoke a signing key: its tokens end within seconds, and so do their viewers
         * @description Scope: `keys:write`.
         */
        delete: operations["revokeSigningKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public halves of all signing keys in use */
        get: operations["getJwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the broadcasts of a stream
         * @description Scope: `streams:read`.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a broadcast
         * @description Scope: `streams:read`.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/viewers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who watches now
         * @description Nodes tell of comings and goings every few seconds.
         *
         *     Scope: `streams:read`.
         */
        get: operations["listViewers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/viewers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End the connection of a viewer
         * @description The job is done when the node has ended it. Keep the viewer out with rules, a hook or playback tokens.
         *
         *     Scope: `streams:write`.
         */
        delete: operations["kickViewer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/push-targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List push targets
         * @description Scope: `streams:read`.
         */
        get: operations["listPushTargets"];
        put?: never;
        /**
         * Create a push target
         * @description Attach it to streams with `PUT /v1/streams/{id}/push-targets/{push_target_id}`. The credential is never shown again.
         *
         *     Scope: `streams:write`.
         */
        post: operations["createPushTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/push-targets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a push target
         * @description Scope: `streams:read`.
         */
        get: operations["getPushTarget"];
        put?: never;
        post?: never;
        /**
         * Delete a push target
         * @description Scope: `streams:write`.
         */
        delete: operations["deletePushTarget"];
        options?: never;
        head?: never;
        /**
         * Change a push target
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `streams:write`.
         */
        patch: operations["updatePushTarget"];
        trace?: never;
    };
    "/v1/streams/{id}/push-targets/{push_target_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send a stream to a push target whenever it is on air
         * @description Scope: `streams:write`.
         */
        put: operations["attachPushTarget"];
        post?: never;
        /**
         * Stop sending a stream to a push target
         * @description Scope: `streams:write`.
         */
        delete: operations["detachPushTarget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/push-targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the push targets of a stream, and how it goes
         * @description Scope: `streams:read`.
         */
        get: operations["listStreamPushTargets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record the broadcast that is on
         * @description From now on until it is stopped or the publisher stays away. What is not given is as `record` of the stream says. A stream has one recording at a time.
         *
         *     Scope: `recordings:write`.
         */
        post: operations["startRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List recordings
         * @description `from` and `to`: those that have a part in this time. Deleted ones only with `status=deleted`.
         *
         *     Scope: `recordings:read`.
         */
        get: operations["listRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a recording
         * @description Scope: `recordings:read`.
         */
        get: operations["getRecording"];
        put?: never;
        post?: never;
        /**
         * Delete a recording
         * @description Nobody can play it from now on. The job is done when its objects are gone from the storage.
         *
         *     Scope: `recordings:write`.
         */
        delete: operations["deleteRecording"];
        options?: never;
        head?: never;
        /**
         * Change a recording
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `recordings:write`.
         */
        patch: operations["updateRecording"];
        trace?: never;
    };
    "/v1/recordings/{id}/playback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every way to play a recording, ready to paste
         * @description Also while it is being recorded. URLs without a playback id are for who asks: they open it whatever the policies, until they expire.
         *
         *     Scope: `recordings:read`.
         */
        get: operations["getRecordingPlayback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What there is of a stream: times with media, gaps, recordings, clips
         * @description Scope: `recordings:read`.
         */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/streams/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a stream used in a time: hours, traffic, storage
         * @description Scope: `recordings:read`.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clips": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List clips
         * @description Scope: `recordings:read`.
         */
        get: operations["listClips"];
        put?: never;
        /**
         * Cut a part out of a recording or stream
         * @description By the wall clock. Nothing is encoded again, so it begins at the key frame at or before `from`: `starts_at` tells where. The file is there when the job is done.
         *
         *     Scope: `recordings:write`.
         */
        post: operations["createClip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clips/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A clip, with a URL to download it by for a while
         * @description Scope: `recordings:read`.
         */
        get: operations["getClip"];
        put?: never;
        post?: never;
        /**
         * Delete a clip and its file
         * @description Scope: `recordings:write`.
         */
        delete: operations["deleteClip"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}:stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a recording
         * @description The broadcast goes on. What nodes still have of the recording is uploaded, and then it is finished.
         *
         *     Scope: `recordings:write`.
         */
        post: operations["stopRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}:split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on in another recording
         * @description It ends with the segment that is being written, and another like it begins with the next one.
         *
         *     Scope: `recordings:write`.
         */
        post: operations["splitRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}:finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Finish a recording again
         * @description Makes its playlists, file and pictures anew. It is done without being asked for whenever something has changed.
         *
         *     Scope: `recordings:write`.
         */
        post: operations["finishRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}/playback-ids": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the playback ids of a recording
         * @description Scope: `recordings:read`.
         */
        get: operations["listRecordingPlaybackIds"];
        put?: never;
        /**
         * Give a recording another playback id
         * @description Scope: `recordings:write`.
         */
        post: operations["createRecordingPlaybackId"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recordings/{id}/playback-ids/{playback_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a playback id of a recording
         * @description Scope: `recordings:write`.
         */
        delete: operations["deleteRecordingPlaybackId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/storages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List storages
         * @description Scope: `storages:read`.
         */
        get: operations["listStorages"];
        put?: never;
        /**
         * Create a storage
         * @description The secret access key is never shown again.
         *
         *     Scope: `storages:write`.
         */
        post: operations["createStorage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/storages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a storage
         * @description Scope: `storages:read`.
         */
        get: operations["getStorage"];
        put?: never;
        post?: never;
        /**
         * Delete a storage
         * @description Scope: `storages:write`.
         */
        delete: operations["deleteStorage"];
        options?: never;
        head?: never;
        /**
         * Change a storage
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `storages:write`.
         */
        patch: operations["updateStorage"];
        trace?: never;
    };
    "/v1/storages/{id}:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a storage: write, read, list, upload in parts, delete
         * @description With objects below `checks/`, which are gone afterwards. `cors` says whether pages of other origins may read objects, as players in browsers do.
         *
         *     Scope: `storages:write`.
         */
        post: operations["testStorage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhook endpoints
         * @description Scope: `webhooks:read`.
         */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Have events posted to a URL
         * @description The secret that signatures are verified with is shown in this answer only.
         *
         *     Scope: `webhooks:write`.
         */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a webhook endpoint
         * @description Scope: `webhooks:read`.
         */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook endpoint and what is on its way to it
         * @description Scope: `webhooks:write`.
         */
        delete: operations["deleteWebhookEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change a webhook endpoint
         * @description A JSON merge patch (RFC 7396): null takes a setting back to its default.
         *
         *     Scope: `webhooks:write`.
         */
        patch: operations["updateWebhookEndpoint"];
        trace?: never;
    };
    "/v1/webhook-endpoints/{id}:test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test.ping event to this endpoint alone
         * @description Scope: `webhooks:write`.
         */
        post: operations["testWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{id}:rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of an endpoint
         * @description The new secret is shown in this answer only. For `overlap_s`, 24 hours without it, webhooks carry a signature by each secret.
         *
         *     Scope: `webhooks:write`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{id}:redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the events of a time range to an endpoint again
         * @description Also those that it has had, and those from before it was made: receivers tell repetitions by `webhook-id`. In order for each subject.
         *
         *     Scope: `webhooks:write`.
         */
        post: operations["redeliverToEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries to an endpoint
         * @description Scope: `webhooks:read`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a delivery and the log of its attempts
         * @description Scope: `webhooks:read`.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}:retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a delivery again now, under the same webhook-id
         * @description Scope: `webhooks:write`.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened
         * @description Scope: `events:read`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an event
         * @description Scope: `events:read`.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{id}:redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event to webhook endpoints again, under the same webhook-id
         * @description Scope: `webhooks:write`.
         */
        post: operations["redeliverEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read how far a job has come
         * @description Scope: `events:read`.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List media nodes
         * @description Scope: `nodes:read`.
         */
        get: operations["listNodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nodes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a media node
         * @description Scope: `nodes:read`.
         */
        get: operations["getNode"];
        put?: never;
        post?: never;
        /**
         * Forget a node that is gone for good
         * @description By a token of the default project. A node that is alive is refused.
         *
         *     Scope: `nodes:write`.
         */
        delete: operations["deleteNode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nodes/{id}:drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a node out of service
         * @description It takes no new publishers and players and hands its long-lived work over; what is on goes on until it ends. By a token of the default project.
         *
         *     Scope: `nodes:write`.
         */
        post: operations["drainNode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nodes/{id}:undrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a node into service again
         * @description By a token of the default project.
         *
         *     Scope: `nodes:write`.
         */
        post: operations["undrainNode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    event: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An event, signed by Standard Webhooks 1.0 */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.created";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.updated";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            changed: string[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.deleted";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.enabled";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.disabled";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.connected";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                            client: {
                                ip: string;
                                user_agent?: string;
                                page_url?: string;
                            };
                            key_id: string | null;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            encoder: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.live";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            tracks: {
                                /** @enum {string} */
                                kind: "video" | "audio" | "data";
                                codec: string;
                                codec_string?: string;
                                width?: number;
                                height?: number;
                                fps?: number;
                                sample_rate?: number;
                                channels?: number;
                            }[];
                            startup_ms: number | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.reconnecting";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            until: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.resumed";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.ended";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            reason: "publisher_closed" | "timeout" | "kicked" | "replaced" | "max_duration" | "node_lost" | "rejected_media";
                            error_code: string | null;
                            duration_s: number;
                            bytes: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.health";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            code: "b_frames_for_webrtc" | "codec_unsupported";
                            message: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.rejected";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                            client: {
                                ip: string;
                                user_agent?: string;
                                page_url?: string;
                            };
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            code: string;
                            reason: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.created";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                            name: string | null;
                            last4: string;
                            expires_at: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.rotated";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                            name: string | null;
                            last4: string;
                            expires_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            old_keys_expire_at: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.revoked";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "viewer.joined";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            viewers: {
                                /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                viewer_id: string;
                                /** @enum {string} */
                                protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                                client: {
                                    ip: string;
                                    user_agent?: string;
                                    page_url?: string;
                                };
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                joined_at: string;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "viewer.left";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            viewers: {
                                /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                viewer_id: string;
                                bytes_out: number;
                                duration_s: number;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.started";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.segment";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            key: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            segment_started_at: string;
                            duration_s: number;
                            bytes: number;
                            discontinuity: boolean;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.uploading";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.ready";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                            gaps: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                /** @enum {string} */
                                reason: "publisher_away" | "node_lost" | "storage";
                            }[];
                            gap_count: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.partial";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                            gaps: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                /** @enum {string} */
                                reason: "publisher_away" | "node_lost" | "storage";
                            }[];
                            gap_count: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            error_code: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.deleted";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @enum {string} */
                            reason: "requested" | "retention";
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "clip.ready";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            recording_id: string | null;
                            title: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            from: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            to: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            starts_at: string;
                            duration_s: number;
                            size_bytes: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "clip.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            recording_id: string | null;
                            title: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            from: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            to: string;
                            error_code: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.starting";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.live";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.retrying";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.stopped";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.joined";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.draining";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.lost";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.recovered";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "webhook_endpoint.disabled";
                        data: {
                            url: string;
                            reason: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "test.ping";
                        data: {
                            message: string;
                        };
                    };
                };
            };
            responses: {
                /** @description Received */
                "2XX": {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Problem: {
            /** @constant */
            type: "about:blank";
            title: string;
            status: number;
            detail: string;
            code: string;
            request_id: string;
            errors?: {
                pointer: string;
                code: string;
                message: string;
            }[];
        };
        Health: {
            /** @constant */
            status: "ok";
            version: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            time: string;
        };
        ProjectCreated: {
            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            default_storage_id: string | null;
            limits: {
                /** @default null */
                max_streams: number | null;
                /** @default null */
                requests_per_minute: number | null;
            };
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
            token: string;
        };
        /** @description A tenant */
        ProjectCreate: {
            name: string;
            /**
             * @default {
             *       "max_streams": null,
             *       "requests_per_minute": null
             *     }
             */
            limits?: {
                /** @default null */
                max_streams?: number | null;
                /** @default null */
                requests_per_minute?: number | null;
            };
        };
        Project: {
            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            default_storage_id: string | null;
            limits: {
                /** @default null */
                max_streams: number | null;
                /** @default null */
                requests_per_minute: number | null;
            };
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        ProjectPatch: {
            name?: string | null;
            default_storage_id?: string | null;
            limits?: {
                max_streams?: number | null;
                requests_per_minute?: number | null;
            } | null;
        };
        TokenCreated: {
            /** @example tok_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            scopes: ("admin" | "vhosts:read" | "vhosts:write" | "streams:read" | "streams:write" | "keys:write" | "playback:sign" | "webhooks:read" | "webhooks:write" | "events:read" | "recordings:read" | "recordings:write" | "storages:read" | "storages:write" | "nodes:read" | "nodes:write" | "nodes:link")[];
            last4: string;
            expires_at: string | null;
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            secret: string;
        };
        TokenCreate: {
            name: string;
            scopes: ("admin" | "vhosts:read" | "vhosts:write" | "streams:read" | "streams:write" | "keys:write" | "playback:sign" | "webhooks:read" | "webhooks:write" | "events:read" | "recordings:read" | "recordings:write" | "storages:read" | "storages:write" | "nodes:read" | "nodes:write" | "nodes:link")[];
            /** @default null */
            expires_at?: string | null;
        };
        Token: {
            /** @example tok_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            scopes: ("admin" | "vhosts:read" | "vhosts:write" | "streams:read" | "streams:write" | "keys:write" | "playback:sign" | "webhooks:read" | "webhooks:write" | "events:read" | "recordings:read" | "recordings:write" | "storages:read" | "storages:write" | "nodes:read" | "nodes:write" | "nodes:link")[];
            last4: string;
            expires_at: string | null;
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        VhostCreated: {
            /** @example vh_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            aliases: string[];
            /** @enum {string} */
            access: "open" | "keyed" | "hook";
            /** @enum {string} */
            playback_policy: "public" | "signed";
            enabled: boolean;
            ip_rules: {
                /** @enum {string} */
                effect: "allow" | "deny";
                /** @enum {string} */
                action: "publish" | "play" | "all";
                network: "all" | (string);
            }[];
            refer_rules: {
                /** @default [] */
                publish: string[];
                /** @default [] */
                play: string[];
                /** @default [] */
                all: string[];
            };
            cors_origins: string[] | null;
            /** @enum {string} */
            callback_format: "native" | "srs";
            admission_hook: {
                /** Format: uri */
                url: string;
                /**
                 * @default [
                 *       "publish",
                 *       "play"
                 *     ]
                 */
                events: ("publish" | "play" | "connect")[];
                /** @default 2000 */
                deadline_ms: number;
                /** @default 0 */
                cache_ttl_s: number;
                /**
                 * @default {
                 *       "publish": "deny",
                 *       "play": "last_answer"
                 *     }
                 */
                on_error: {
                    /**
                     * @default deny
                     * @enum {string}
                     */
                    publish: "deny" | "allow";
                    /**
                     * @default last_answer
                     * @enum {string}
                     */
                    play: "last_answer" | "deny" | "allow";
                };
            } | null;
            viewer_events: boolean;
            record: {
                /** @enum {string} */
                mode: "off" | "automatic" | "manual";
                /**
                 * @default fmp4
                 * @enum {string}
                 */
                format: "fmp4" | "ts" | "mp4" | "flv";
                /** @default 4 */
                segment_s: number;
                /** @default null */
                retention_days: number | null;
                /** @default null */
                storage_id: string | null;
                /**
                 * @default session
                 * @enum {string}
                 */
                plan: "session" | "segment" | "append";
                /** @default null */
                split_s: number | null;
                /** @default null */
                path: string | null;
            } | null;
            dvr_window_s: number;
            live_playlist: boolean;
            live_window_s: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
            hook_secret: string;
        };
        /** @description A host name that publishers and players use */
        VhostCreate: {
            /**
             * @default keyed
             * @enum {string}
             */
            access?: "open" | "keyed" | "hook";
            /** @default [] */
            aliases?: string[];
            /**
             * @default public
             * @enum {string}
             */
            playback_policy?: "public" | "signed";
            /** @default true */
            enabled?: boolean;
            /** @default [] */
            ip_rules?: {
                /** @enum {string} */
                effect: "allow" | "deny";
                /** @enum {string} */
                action: "publish" | "play" | "all";
                network: "all" | (string);
            }[];
            /**
             * @default {
             *       "publish": [],
             *       "play": [],
             *       "all": []
             *     }
             */
            refer_rules?: {
                /** @default [] */
                publish?: string[];
                /** @default [] */
                play?: string[];
                /** @default [] */
                all?: string[];
            };
            /** @default null */
            cors_origins?: string[] | null;
            /**
             * @default native
             * @enum {string}
             */
            callback_format?: "native" | "srs";
            /** @default null */
            admission_hook?: {
                /** Format: uri */
                url: string;
                /**
                 * @default [
                 *       "publish",
                 *       "play"
                 *     ]
                 */
                events?: ("publish" | "play" | "connect")[];
                /** @default 2000 */
                deadline_ms?: number;
                /** @default 0 */
                cache_ttl_s?: number;
                /**
                 * @default {
                 *       "publish": "deny",
                 *       "play": "last_answer"
                 *     }
                 */
                on_error?: {
                    /**
                     * @default deny
                     * @enum {string}
                     */
                    publish?: "deny" | "allow";
                    /**
                     * @default last_answer
                     * @enum {string}
                     */
                    play?: "last_answer" | "deny" | "allow";
                };
            } | null;
            /** @default false */
            viewer_events?: boolean;
            /** @default null */
            record?: {
                /** @enum {string} */
                mode: "off" | "automatic" | "manual";
                /**
                 * @default fmp4
                 * @enum {string}
                 */
                format?: "fmp4" | "ts" | "mp4" | "flv";
                /** @default 4 */
                segment_s?: number;
                /** @default null */
                retention_days?: number | null;
                /** @default null */
                storage_id?: string | null;
                /**
                 * @default session
                 * @enum {string}
                 */
                plan?: "session" | "segment" | "append";
                /** @default null */
                split_s?: number | null;
                /** @default null */
                path?: string | null;
            } | null;
            /** @default 0 */
            dvr_window_s?: number;
            /** @default false */
            live_playlist?: boolean;
            /** @default 60 */
            live_window_s?: number;
            name: string;
        };
        Vhost: {
            /** @example vh_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            aliases: string[];
            /** @enum {string} */
            access: "open" | "keyed" | "hook";
            /** @enum {string} */
            playback_policy: "public" | "signed";
            enabled: boolean;
            ip_rules: {
                /** @enum {string} */
                effect: "allow" | "deny";
                /** @enum {string} */
                action: "publish" | "play" | "all";
                network: "all" | (string);
            }[];
            refer_rules: {
                /** @default [] */
                publish: string[];
                /** @default [] */
                play: string[];
                /** @default [] */
                all: string[];
            };
            cors_origins: string[] | null;
            /** @enum {string} */
            callback_format: "native" | "srs";
            admission_hook: {
                /** Format: uri */
                url: string;
                /**
                 * @default [
                 *       "publish",
                 *       "play"
                 *     ]
                 */
                events: ("publish" | "play" | "connect")[];
                /** @default 2000 */
                deadline_ms: number;
                /** @default 0 */
                cache_ttl_s: number;
                /**
                 * @default {
                 *       "publish": "deny",
                 *       "play": "last_answer"
                 *     }
                 */
                on_error: {
                    /**
                     * @default deny
                     * @enum {string}
                     */
                    publish: "deny" | "allow";
                    /**
                     * @default last_answer
                     * @enum {string}
                     */
                    play: "last_answer" | "deny" | "allow";
                };
            } | null;
            viewer_events: boolean;
            record: {
                /** @enum {string} */
                mode: "off" | "automatic" | "manual";
                /**
                 * @default fmp4
                 * @enum {string}
                 */
                format: "fmp4" | "ts" | "mp4" | "flv";
                /** @default 4 */
                segment_s: number;
                /** @default null */
                retention_days: number | null;
                /** @default null */
                storage_id: string | null;
                /**
                 * @default session
                 * @enum {string}
                 */
                plan: "session" | "segment" | "append";
                /** @default null */
                split_s: number | null;
                /** @default null */
                path: string | null;
            } | null;
            dvr_window_s: number;
            live_playlist: boolean;
            live_window_s: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        VhostPatch: {
            access?: ("open" | "keyed" | "hook") | null;
            aliases?: string[] | null;
            playback_policy?: ("public" | "signed") | null;
            enabled?: boolean | null;
            ip_rules?: {
                /** @enum {string} */
                effect: "allow" | "deny";
                /** @enum {string} */
                action: "publish" | "play" | "all";
                network: "all" | (string);
            }[] | null;
            refer_rules?: {
                publish?: string[] | null;
                play?: string[] | null;
                all?: string[] | null;
            } | null;
            cors_origins?: string[] | null;
            callback_format?: ("native" | "srs") | null;
            admission_hook?: {
                url?: string | null;
                events?: ("publish" | "play" | "connect")[] | null;
                deadline_ms?: number | null;
                cache_ttl_s?: number | null;
                on_error?: {
                    publish?: ("deny" | "allow") | null;
                    play?: ("last_answer" | "deny" | "allow") | null;
                } | null;
            } | null;
            viewer_events?: boolean | null;
            record?: {
                mode?: ("off" | "automatic" | "manual") | null;
                format?: ("fmp4" | "ts" | "mp4" | "flv") | null;
                segment_s?: number | null;
                retention_days?: number | null;
                storage_id?: string | null;
                plan?: ("session" | "segment" | "append") | null;
                split_s?: number | null;
                path?: string | null;
            } | null;
            dvr_window_s?: number | null;
            live_playlist?: boolean | null;
            live_window_s?: number | null;
        };
        HookSecret: {
            hook_secret: string;
        };
        WebhookSecretRotate: {
            /** @default 86400 */
            overlap_s?: number;
        };
        Stream: {
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example vh_01jd8y4v5xk3q9m2w7r6t0abcd */
            vhost_id: string;
            vhost: string;
            app: string;
            name: string;
            title: string | null;
            metadata: {
                [key: string]: string;
            };
            tags: string[];
            external_id: string | null;
            /** @enum {string} */
            playback_policy: "public" | "signed";
            enabled: boolean;
            /** @enum {string} */
            latency: "ultra" | "low" | "standard";
            reconnect_window_s: number | null;
            max_bitrate_kbps: number | null;
            max_duration_s: number | null;
            source: {
                /** @constant */
                type: "push";
            } | {
                /** @constant */
                type: "pull";
                /** Format: uri */
                url: string;
            };
            record: {
                /** @enum {string} */
                mode: "off" | "automatic" | "manual";
                /**
                 * @default fmp4
                 * @enum {string}
                 */
                format: "fmp4" | "ts" | "mp4" | "flv";
                /** @default 4 */
                segment_s: number;
                /** @default null */
                retention_days: number | null;
                /** @default null */
                storage_id: string | null;
                /**
                 * @default session
                 * @enum {string}
                 */
                plan: "session" | "segment" | "append";
                /** @default null */
                split_s: number | null;
                /** @default null */
                path: string | null;
            } | null;
            dvr_window_s: number | null;
            live_playlist: boolean | null;
            live_window_s: number | null;
            /** @enum {string} */
            status: "idle" | "connecting" | "live" | "reconnecting" | "disabled";
            current_session_id: string | null;
            playback_ids: components["schemas"]["PlaybackId"][];
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        PlaybackId: {
            /** @example pb_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @enum {string} */
            policy: "public" | "admission" | "signed";
            allowed_origins: string[];
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        StreamCreate: {
            /** @default null */
            title?: string | null;
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            /** @default [] */
            tags?: string[];
            /** @default null */
            external_id?: string | null;
            /**
             * @default public
             * @enum {string}
             */
            playback_policy?: "public" | "signed";
            /** @default true */
            enabled?: boolean;
            /**
             * @default standard
             * @enum {string}
             */
            latency?: "ultra" | "low" | "standard";
            /** @default null */
            reconnect_window_s?: number | null;
            /** @default null */
            max_bitrate_kbps?: number | null;
            /** @default null */
            max_duration_s?: number | null;
            /**
             * @default {
             *       "type": "push"
             *     }
             */
            source?: {
                /** @constant */
                type: "push";
            } | {
                /** @constant */
                type: "pull";
                /** Format: uri */
                url: string;
            };
            /** @default null */
            record?: {
                /** @enum {string} */
                mode: "off" | "automatic" | "manual";
                /**
                 * @default fmp4
                 * @enum {string}
                 */
                format?: "fmp4" | "ts" | "mp4" | "flv";
                /** @default 4 */
                segment_s?: number;
                /** @default null */
                retention_days?: number | null;
                /** @default null */
                storage_id?: string | null;
                /**
                 * @default session
                 * @enum {string}
                 */
                plan?: "session" | "segment" | "append";
                /** @default null */
                split_s?: number | null;
                /** @default null */
                path?: string | null;
            } | null;
            /** @default null */
            dvr_window_s?: number | null;
            /** @default null */
            live_playlist?: boolean | null;
            /** @default null */
            live_window_s?: number | null;
            /** @default __defaultVhost__ */
            vhost?: string;
            /** @default live */
            app?: string;
            name?: string;
        };
        StreamPatch: {
            title?: string | null;
            metadata?: {
                [key: string]: string | null;
            } | null;
            tags?: string[] | null;
            external_id?: string | null;
            playback_policy?: ("public" | "signed") | null;
            enabled?: boolean | null;
            latency?: ("ultra" | "low" | "standard") | null;
            reconnect_window_s?: number | null;
            max_bitrate_kbps?: number | null;
            max_duration_s?: number | null;
            source?: ({
                /** @constant */
                type: "push";
            } | {
                /** @constant */
                type: "pull";
                /** Format: uri */
                url: string;
            }) | null;
            record?: {
                mode?: ("off" | "automatic" | "manual") | null;
                format?: ("fmp4" | "ts" | "mp4" | "flv") | null;
                segment_s?: number | null;
                retention_days?: number | null;
                storage_id?: string | null;
                plan?: ("session" | "segment" | "append") | null;
                split_s?: number | null;
                path?: string | null;
            } | null;
            dvr_window_s?: number | null;
            live_playlist?: boolean | null;
            live_window_s?: number | null;
        };
        Job: {
            /** @example job_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            type: string;
            subject: {
                type: string;
                id: string;
            };
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed";
            done: number;
            total: number | null;
            error_code: string | null;
            started_at: string | null;
            finished_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        Ingest: {
            urls: {
                /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                node_id: string;
                region: string | null;
                /** @enum {string} */
                protocol: "rtmp" | "rtmps" | "whip";
                url: string;
                obs: {
                    server: string;
                    stream_key: string;
                };
            }[];
        };
        StreamKeyCreated: {
            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            name: string | null;
            last4: string;
            enabled: boolean;
            allow_ips: string[] | null;
            protocols: ("rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc")[] | null;
            expires_at: string | null;
            last_used_at: string | null;
            revoked_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            secret: string;
            ingest: components["schemas"]["Ingest"];
        };
        StreamKeyCreate: {
            /** @default null */
            name?: string | null;
            /** @default true */
            enabled?: boolean;
            /** @default null */
            expires_at?: string | null;
            /** @default null */
            allow_ips?: (string)[] | null;
            /** @default null */
            protocols?: ("rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc")[] | null;
        };
        StreamKey: {
            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            name: string | null;
            last4: string;
            enabled: boolean;
            allow_ips: string[] | null;
            protocols: ("rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc")[] | null;
            expires_at: string | null;
            last_used_at: string | null;
            revoked_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        StreamKeyPatch: {
            name?: string | null;
            enabled?: boolean | null;
            expires_at?: string | null;
            allow_ips?: (string)[] | null;
            protocols?: ("rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc")[] | null;
        };
        StreamKeyRotate: {
            /** @default 86400 */
            overlap_s?: number;
        };
        PlaybackIdCreate: {
            /** @enum {string} */
            policy?: "public" | "admission" | "signed";
            /** @default [] */
            allowed_origins?: string[];
        };
        Playback: {
            /** @example pb_01jd8y4v5xk3q9m2w7r6t0abcd */
            playback_id: string;
            title: string | null;
            /** @enum {string} */
            status: "idle" | "connecting" | "live" | "reconnecting" | "disabled";
            live: boolean;
            /** @enum {string} */
            policy: "public" | "admission" | "signed";
            tracks: {
                /** @enum {string} */
                kind: "video" | "audio" | "data";
                codec: string;
                codec_string?: string;
                width?: number;
                height?: number;
                fps?: number;
                sample_rate?: number;
                channels?: number;
            }[];
            live_since: string | null;
            recording: {
                /** @example rec_01jd8y4v5xk3q9m2w7r6t0abcd */
                id: string;
                /** @enum {string} */
                status: "recording" | "uploading" | "ready" | "partial" | "failed" | "deleted";
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                started_at: string;
                ended_at: string | null;
                duration_s: number;
            } | null;
            urls: {
                /** @enum {string} */
                protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "hls" | "whep" | "mp4" | "flv" | "poster" | "storyboard";
                url: string;
                region: string | null;
            }[];
        };
        PlaybackToken: {
            token: string;
            /** @example pb_01jd8y4v5xk3q9m2w7r6t0abcd */
            playback_id: string;
            /** @example sgk_01jd8y4v5xk3q9m2w7r6t0abcd */
            signing_key_id: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            expires_at: string;
        };
        PlaybackTokenCreate: {
            /** @example pb_01jd8y4v5xk3q9m2w7r6t0abcd */
            playback_id: string;
            /**
             * @default live
             * @enum {string}
             */
            aud?: "live" | "whep" | "recording";
            /** @default 3600 */
            expires_in_s?: number;
            /** @default null */
            not_before?: string | null;
            /** @default null */
            ip?: (string) | null;
            /** @default null */
            vid?: string | null;
            /** @default null */
            from?: string | null;
            /** @default null */
            to?: string | null;
            /** @default null */
            signing_key_id?: string | null;
        };
        PlaybackRevocation: {
            /** @example rev_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            vid: string | null;
            playback_id: string | null;
            not_before: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            expires_at: string;
        };
        PlaybackRevocationCreate: {
            /** @default null */
            vid?: string | null;
            /** @default null */
            playback_id?: string | null;
            /** @default null */
            not_before?: string | null;
        };
        SigningKeyCreated: {
            /** @example sgk_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string | null;
            /** @enum {string} */
            algorithm: "ES256" | "EdDSA";
            public_jwk: {
                /** @constant */
                kty: "EC";
                /** @constant */
                crv: "P-256";
                x: string;
                y: string;
            } | {
                /** @constant */
                kty: "OKP";
                /** @constant */
                crv: "Ed25519";
                x: string;
            };
            imported: boolean;
            revoked_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            private_jwk: {
                [key: string]: string;
            } | null;
        };
        SigningKeyCreate: {
            /** @default null */
            name?: string | null;
            /**
             * @default EdDSA
             * @enum {string}
             */
            algorithm?: "ES256" | "EdDSA";
            /** @default null */
            public_jwk?: ({
                /** @constant */
                kty: "EC";
                /** @constant */
                crv: "P-256";
                x: string;
                y: string;
            } | {
                /** @constant */
                kty: "OKP";
                /** @constant */
                crv: "Ed25519";
                x: string;
            }) | null;
        };
        SigningKey: {
            /** @example sgk_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string | null;
            /** @enum {string} */
            algorithm: "ES256" | "EdDSA";
            public_jwk: {
                /** @constant */
                kty: "EC";
                /** @constant */
                crv: "P-256";
                x: string;
                y: string;
            } | {
                /** @constant */
                kty: "OKP";
                /** @constant */
                crv: "Ed25519";
                x: string;
            };
            imported: boolean;
            revoked_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        Jwks: {
            keys: ({
                /** @example sgk_01jd8y4v5xk3q9m2w7r6t0abcd */
                kid: string;
                kty: string;
                /** @enum {string} */
                alg: "ES256" | "EdDSA";
                /** @constant */
                use: "sig";
            } & {
                [key: string]: unknown;
            })[];
        };
        Session: {
            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
            node_id: string;
            key_id: string | null;
            /** @enum {string} */
            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
            client: {
                ip: string;
                user_agent?: string;
                page_url?: string;
            };
            encoder: string | null;
            /** @enum {string} */
            status: "connected" | "live" | "ended";
            tracks: {
                /** @enum {string} */
                kind: "video" | "audio" | "data";
                codec: string;
                codec_string?: string;
                width?: number;
                height?: number;
                fps?: number;
                sample_rate?: number;
                channels?: number;
            }[];
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            started_at: string;
            live_at: string | null;
            ended_at: string | null;
            end_reason: ("publisher_closed" | "timeout" | "kicked" | "replaced" | "max_duration" | "node_lost" | "rejected_media") | null;
            error_code: string | null;
            duration_s: number;
            bytes_in: number;
            bytes_out: number;
            players: number;
        };
        Viewer: {
            /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
            node_id: string;
            /** @enum {string} */
            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
            client: {
                ip: string;
                user_agent?: string;
                page_url?: string;
            };
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            joined_at: string;
        };
        PushTarget: {
            /** @example tgt_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string | null;
            url: string;
            has_credential: boolean;
            enabled: boolean;
            /** @enum {string} */
            status: "idle" | "starting" | "live" | "retrying" | "failed";
            status_at: string | null;
            node_id: string | null;
            retries: number;
            last_error_code: string | null;
            last_error: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        PushTargetCreate: {
            /** @default null */
            name?: string | null;
            /** Format: uri */
            url: string;
            /** @default true */
            enabled?: boolean;
            /** @default null */
            credential?: string | null;
        };
        PushTargetPatch: {
            name?: string | null;
            url?: string | null;
            enabled?: boolean | null;
            credential?: string | null;
        };
        StreamPushTarget: {
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            /** @example tgt_01jd8y4v5xk3q9m2w7r6t0abcd */
            push_target_id: string;
            url: string;
            enabled: boolean;
            /** @enum {string} */
            status: "idle" | "starting" | "live" | "retrying" | "failed";
            status_at: string | null;
            node_id: string | null;
            retries: number;
            last_error_code: string | null;
            last_error: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            attached_at: string;
        };
        Recording: {
            /** @example rec_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            session_ids: string[];
            title: string | null;
            metadata: {
                [key: string]: string;
            };
            /** @enum {string} */
            mode: "automatic" | "manual";
            /** @enum {string} */
            plan: "session" | "segment" | "append";
            /** @enum {string} */
            status: "recording" | "uploading" | "ready" | "partial" | "failed" | "deleted";
            /** @enum {string} */
            format: "fmp4" | "ts" | "mp4" | "flv";
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            started_at: string;
            ended_at: string | null;
            duration_s: number;
            size_bytes: number;
            segments: number;
            gaps: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                from: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                to: string;
                /** @enum {string} */
                reason: "publisher_away" | "node_lost" | "storage";
            }[];
            discontinuities: number;
            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
            storage_id: string;
            prefix: string;
            retention_days: number | null;
            expires_at: string | null;
            files: {
                /** @enum {string} */
                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                key: string;
                bytes: number;
            }[];
            poster: string | null;
            storyboard: string | null;
            playback_ids: components["schemas"]["PlaybackId"][];
            progress: {
                stored_segments: number;
                pending_segments: number;
                pending_bytes: number;
                finish_percent: number | null;
            };
            job_id: string | null;
            error_code: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        RecordingStart: {
            /** @default null */
            title?: string | null;
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            /** @enum {string} */
            format?: "fmp4" | "ts" | "mp4" | "flv";
            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
            storage_id?: string;
            retention_days?: number | null;
        };
        RecordingPlayback: {
            /** @example rec_01jd8y4v5xk3q9m2w7r6t0abcd */
            recording_id: string;
            /** @enum {string} */
            status: "recording" | "uploading" | "ready" | "partial" | "failed" | "deleted";
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            started_at: string;
            ended_at: string | null;
            duration_s: number;
            urls: {
                playback_id: string | null;
                policy: ("public" | "admission" | "signed") | null;
                /** @enum {string} */
                type: "hls" | "mp4" | "flv" | "poster" | "storyboard";
                url: string;
                expires_at: string | null;
            }[];
        };
        Timeline: {
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            to: string;
            ranges: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                from: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                to: string;
            }[];
            gaps: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                from: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                to: string;
                /** @enum {string} */
                reason: "publisher_away" | "node_lost" | "storage";
            }[];
            discontinuities: string[];
            recordings: {
                /** @example rec_01jd8y4v5xk3q9m2w7r6t0abcd */
                id: string;
                title: string | null;
                /** @enum {string} */
                status: "recording" | "uploading" | "ready" | "partial" | "failed" | "deleted";
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                started_at: string;
                ended_at: string | null;
            }[];
            clips: {
                /** @example clp_01jd8y4v5xk3q9m2w7r6t0abcd */
                id: string;
                title: string | null;
                /** @enum {string} */
                status: "processing" | "ready" | "failed" | "deleted";
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                from: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                to: string;
            }[];
        };
        Usage: {
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            to: string;
            sessions: number;
            published_s: number;
            bytes_in: number;
            bytes_out: number;
            archived_s: number;
            archived_bytes: number;
            stored_bytes: number;
        };
        Clip: {
            /** @example clp_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id: string;
            recording_id: string | null;
            title: string | null;
            metadata: {
                [key: string]: string;
            };
            /** @enum {string} */
            status: "processing" | "ready" | "failed" | "deleted";
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            to: string;
            starts_at: string | null;
            duration_s: number;
            size_bytes: number;
            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
            storage_id: string;
            prefix: string;
            files: {
                /** @enum {string} */
                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                key: string;
                bytes: number;
            }[];
            url: string | null;
            retention_days: number | null;
            expires_at: string | null;
            job_id: string | null;
            error_code: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        ClipCreate: {
            /** @example rec_01jd8y4v5xk3q9m2w7r6t0abcd */
            recording_id?: string;
            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
            stream_id?: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            to: string;
            /** @default null */
            title?: string | null;
            /** @default {} */
            metadata?: {
                [key: string]: string;
            };
            /** @default null */
            retention_days?: number | null;
        };
        RecordingPatch: {
            title?: string | null;
            metadata?: {
                [key: string]: string | null;
            } | null;
            retention_days?: number | null;
        };
        RecordingSplit: {
            ended: components["schemas"]["Recording"];
            started: components["schemas"]["Recording"];
        };
        Storage: {
            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            location: {
                /** @constant */
                type: "s3";
                /** @default null */
                endpoint: string | null;
                /** @default us-east-1 */
                region: string;
                bucket: string;
                /** @default  */
                prefix: string;
                /** @default false */
                path_style: boolean;
                /** @default null */
                access_key_id: string | null;
            } | {
                /** @constant */
                type: "local";
                directory: string;
                /** @default  */
                prefix: string;
            };
            public_base_url: string | null;
            sse: {
                /** @enum {string} */
                algorithm: "AES256" | "aws:kms";
                /** @default null */
                kms_key_id: string | null;
            } | null;
            has_secret: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        StorageCreate: {
            name: string;
            location: {
                /** @constant */
                type: "s3";
                /** @default null */
                endpoint?: string | null;
                /** @default us-east-1 */
                region?: string;
                bucket: string;
                /** @default  */
                prefix?: string;
                /** @default false */
                path_style?: boolean;
                /** @default null */
                access_key_id?: string | null;
            } | {
                /** @constant */
                type: "local";
                directory: string;
                /** @default  */
                prefix?: string;
            };
            /** @default null */
            public_base_url?: string | null;
            /** @default null */
            sse?: {
                /** @enum {string} */
                algorithm: "AES256" | "aws:kms";
                /** @default null */
                kms_key_id?: string | null;
            } | null;
            /** @default null */
            secret_access_key?: string | null;
        };
        StoragePatch: {
            name?: string | null;
            location?: ({
                /** @constant */
                type: "s3";
                /** @default null */
                endpoint?: string | null;
                /** @default us-east-1 */
                region?: string;
                bucket: string;
                /** @default  */
                prefix?: string;
                /** @default false */
                path_style?: boolean;
                /** @default null */
                access_key_id?: string | null;
            } | {
                /** @constant */
                type: "local";
                directory: string;
                /** @default  */
                prefix?: string;
            }) | null;
            public_base_url?: string | null;
            sse?: {
                algorithm?: ("AES256" | "aws:kms") | null;
                kms_key_id?: string | null;
            } | null;
            secret_access_key?: string | null;
        };
        StorageTest: {
            ok: boolean;
            checks: {
                /** @enum {string} */
                name: "put" | "get" | "range" | "list" | "multipart" | "conditional_put" | "delete" | "cors";
                ok: boolean;
                code: string | null;
                message: string | null;
                duration_ms: number;
            }[];
        };
        WebhookEndpointCreated: {
            /** @example whk_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            url: string;
            description: string | null;
            event_types: ("stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping")[] | null;
            enabled: boolean;
            disabled_reason: string | null;
            /** @enum {string} */
            circuit: "closed" | "open" | "half_open";
            circuit_open_until: string | null;
            consecutive_failures: number;
            previous_secret_expires_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
            secret: string;
        };
        WebhookEndpointCreate: {
            /** Format: uri */
            url: string;
            /** @default null */
            description?: string | null;
            /** @default null */
            event_types?: ("stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping")[] | null;
            /** @default true */
            enabled?: boolean;
        };
        WebhookEndpoint: {
            /** @example whk_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            url: string;
            description: string | null;
            event_types: ("stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping")[] | null;
            enabled: boolean;
            disabled_reason: string | null;
            /** @enum {string} */
            circuit: "closed" | "open" | "half_open";
            circuit_open_until: string | null;
            consecutive_failures: number;
            previous_secret_expires_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            updated_at: string;
        };
        WebhookEndpointPatch: {
            url?: string | null;
            description?: string | null;
            event_types?: ("stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping")[] | null;
            enabled?: boolean | null;
        };
        WebhookTested: {
            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
            event_id: string;
        };
        WebhookRedeliver: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            to: string;
            /** @default null */
            event_types?: ("stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping")[] | null;
        };
        Delivery: {
            /** @example dlv_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example whk_01jd8y4v5xk3q9m2w7r6t0abcd */
            endpoint_id: string;
            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
            event_id: string;
            /** @enum {string} */
            event_type: "stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping";
            /** @enum {string} */
            status: "pending" | "succeeded" | "failed";
            attempts: number;
            next_attempt_at: string | null;
            last_attempt_at: string | null;
            last_status_code: number | null;
            last_error: string | null;
            completed_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
        };
        DeliveryDetail: {
            /** @example dlv_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            /** @example whk_01jd8y4v5xk3q9m2w7r6t0abcd */
            endpoint_id: string;
            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
            event_id: string;
            /** @enum {string} */
            event_type: "stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping";
            /** @enum {string} */
            status: "pending" | "succeeded" | "failed";
            attempts: number;
            next_attempt_at: string | null;
            last_attempt_at: string | null;
            last_status_code: number | null;
            last_error: string | null;
            completed_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            created_at: string;
            log: {
                attempt: number;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC
                 */
                at: string;
                duration_ms: number;
                status_code: number | null;
                error: string | null;
                answer_excerpt: string | null;
            }[];
        };
        EventRedelivered: {
            data: components["schemas"]["Delivery"][];
        };
        EventRedeliver: {
            /** @default null */
            endpoint_id?: string | null;
        };
        Node: {
            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
            id: string;
            name: string;
            version: string;
            region: string | null;
            /** @enum {string} */
            state: "ready" | "draining" | "lost";
            addresses: {
                /** Format: uri */
                rtmp?: string;
                /** Format: uri */
                rtmps?: string;
                /** Format: uri */
                http?: string;
                /** Format: uri */
                rtc?: string;
                /** Format: uri */
                api?: string;
                /** Format: uri */
                internal?: string;
            };
            load: {
                streams: number;
                players: number;
                in_bps: number;
                out_bps: number;
                cpu: number;
            } | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            registered_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC
             */
            last_seen_at: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    listProjects: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectCreated"];
                };
            };
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["ProjectPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Token"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
        };
    };
    getToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
        };
    };
    deleteToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listVhosts: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Vhost"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createVhost: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VhostCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VhostCreated"];
                };
            };
        };
    };
    getVhost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vhost"];
                };
            };
        };
    };
    deleteVhost: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateVhost: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["VhostPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vhost"];
                };
            };
        };
    };
    rotateHookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookSecretRotate"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookSecret"];
                };
            };
        };
    };
    listStreams: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                vhost_id?: string;
                app?: string;
                name?: string;
                external_id?: string;
                status?: "idle" | "connecting" | "live" | "reconnecting" | "disabled";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Stream"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StreamCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
        };
    };
    getStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
        };
    };
    deleteStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["StreamPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
        };
    };
    enableStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
        };
    };
    disableStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
        };
    };
    disconnectStream: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    getIngest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ingest"];
                };
            };
        };
    };
    listStreamKeys: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["StreamKey"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createStreamKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StreamKeyCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamKeyCreated"];
                };
            };
        };
    };
    revokeStreamKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateStreamKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
                key: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["StreamKeyPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamKey"];
                };
            };
        };
    };
    rotateStreamKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StreamKeyRotate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamKeyCreated"];
                };
            };
        };
    };
    listPlaybackIds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PlaybackId"][];
                    };
                };
            };
        };
    };
    createPlaybackId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PlaybackIdCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaybackId"];
                };
            };
        };
    };
    deletePlaybackId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getPlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Playback"];
                };
            };
        };
    };
    getPlaybackFile: {
        parameters: {
            query?: {
                token?: string;
                pass?: string;
                recording?: string;
                download?: "1";
            };
            header?: never;
            path: {
                playback_id: string;
                file: ("index.m3u8" | "media.m3u8" | "video.mp4" | "video.flv" | "poster.jpg" | "storyboard.vtt") | string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                    "text/vtt; charset=utf-8": string;
                };
            };
        };
    };
    getTimeshift: {
        parameters: {
            query?: {
                start?: string;
                end?: string;
                token?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
        };
    };
    createPlaybackToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlaybackTokenCreate"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaybackToken"];
                };
            };
        };
    };
    listPlaybackRevocations: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PlaybackRevocation"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createPlaybackRevocation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlaybackRevocationCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaybackRevocation"];
                };
            };
        };
    };
    deletePlaybackRevocation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listSigningKeys: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SigningKey"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createSigningKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SigningKeyCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKeyCreated"];
                };
            };
        };
    };
    getSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
                };
            };
        };
    };
    revokeSigningKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getJwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Jwks"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Session"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
        };
    };
    listViewers: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                stream?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Viewer"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    kickViewer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listPushTargets: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PushTarget"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createPushTarget: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PushTargetCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushTarget"];
                };
            };
        };
    };
    getPushTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushTarget"];
                };
            };
        };
    };
    deletePushTarget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updatePushTarget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["PushTargetPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushTarget"];
                };
            };
        };
    };
    attachPushTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                push_target_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamPushTarget"];
                };
            };
        };
    };
    detachPushTarget: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
                push_target_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listStreamPushTargets: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["StreamPushTarget"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    startRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RecordingStart"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
        };
    };
    listRecordings: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                stream_id?: string;
                status?: "recording" | "uploading" | "ready" | "partial" | "failed" | "deleted";
                from?: string;
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Recording"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    getRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
        };
    };
    deleteRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    updateRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["RecordingPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
        };
    };
    getRecordingPlayback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingPlayback"];
                };
            };
        };
    };
    getTimeline: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    listClips: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                stream_id?: string;
                recording_id?: string;
                status?: "processing" | "ready" | "failed" | "deleted";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Clip"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createClip: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClipCreate"];
            };
        };
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Clip"];
                };
            };
        };
    };
    getClip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Clip"];
                };
            };
        };
    };
    deleteClip: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    stopRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
        };
    };
    splitRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingSplit"];
                };
            };
        };
    };
    finishRecording: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listRecordingPlaybackIds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PlaybackId"][];
                    };
                };
            };
        };
    };
    createRecordingPlaybackId: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PlaybackIdCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlaybackId"];
                };
            };
        };
    };
    deleteRecordingPlaybackId: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
                playback_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listStorages: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Storage"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createStorage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StorageCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Storage"];
                };
            };
        };
    };
    getStorage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Storage"];
                };
            };
        };
    };
    deleteStorage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateStorage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["StoragePatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Storage"];
                };
            };
        };
    };
    testStorage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageTest"];
                };
            };
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["WebhookEndpoint"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    createWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookEndpointCreate"];
            };
        };
        responses: {
            /** @description The answer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointCreated"];
                };
            };
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    deleteWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    updateWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/merge-patch+json": components["schemas"]["WebhookEndpointPatch"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
        };
    };
    testWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTested"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookSecretRotate"];
            };
        };
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointCreated"];
                };
            };
        };
    };
    redeliverToEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRedeliver"];
            };
        };
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                status?: "pending" | "succeeded" | "failed";
                event_type?: "stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping";
                event_id?: string;
                subject_id?: string;
                from?: string;
                to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDetail"];
                };
            };
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
                type?: "stream.created" | "stream.updated" | "stream.deleted" | "stream.enabled" | "stream.disabled" | "stream.connected" | "stream.live" | "stream.reconnecting" | "stream.resumed" | "stream.ended" | "stream.health" | "stream.rejected" | "key.created" | "key.rotated" | "key.revoked" | "viewer.joined" | "viewer.left" | "recording.started" | "recording.segment" | "recording.uploading" | "recording.ready" | "recording.partial" | "recording.failed" | "recording.deleted" | "clip.ready" | "clip.failed" | "push_target.starting" | "push_target.live" | "push_target.retrying" | "push_target.failed" | "push_target.stopped" | "node.joined" | "node.draining" | "node.lost" | "node.recovered" | "webhook_endpoint.disabled" | "test.ping";
                subject_id?: string;
                session_id?: string;
                order?: "asc" | "desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: ({
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.created";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.updated";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                changed: string[];
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.deleted";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.enabled";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.disabled";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.connected";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @enum {string} */
                                protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                                client: {
                                    ip: string;
                                    user_agent?: string;
                                    page_url?: string;
                                };
                                key_id: string | null;
                                /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                                node_id: string;
                                encoder: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.live";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                tracks: {
                                    /** @enum {string} */
                                    kind: "video" | "audio" | "data";
                                    codec: string;
                                    codec_string?: string;
                                    width?: number;
                                    height?: number;
                                    fps?: number;
                                    sample_rate?: number;
                                    channels?: number;
                                }[];
                                startup_ms: number | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.reconnecting";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                                node_id: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                until: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.resumed";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                                node_id: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.ended";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @enum {string} */
                                reason: "publisher_closed" | "timeout" | "kicked" | "replaced" | "max_duration" | "node_lost" | "rejected_media";
                                error_code: string | null;
                                duration_s: number;
                                bytes: number;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.health";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @enum {string} */
                                code: "b_frames_for_webrtc" | "codec_unsupported";
                                message: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "stream.rejected";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @enum {string} */
                                protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                                client: {
                                    ip: string;
                                    user_agent?: string;
                                    page_url?: string;
                                };
                                /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                                node_id: string;
                                code: string;
                                reason: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "key.created";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                                key_id: string;
                                name: string | null;
                                last4: string;
                                expires_at: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "key.rotated";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                                key_id: string;
                                name: string | null;
                                last4: string;
                                expires_at: string | null;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                old_keys_expire_at: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "key.revoked";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                                key_id: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "viewer.joined";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                viewers: {
                                    /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                    viewer_id: string;
                                    /** @enum {string} */
                                    protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                                    client: {
                                        ip: string;
                                        user_agent?: string;
                                        page_url?: string;
                                    };
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC
                                     */
                                    joined_at: string;
                                }[];
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "viewer.left";
                            data: {
                                vhost: string;
                                app: string;
                                stream: string;
                                viewers: {
                                    /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                    viewer_id: string;
                                    bytes_out: number;
                                    duration_s: number;
                                }[];
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.started";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.segment";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                                storage_id: string;
                                key: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                segment_started_at: string;
                                duration_s: number;
                                bytes: number;
                                discontinuity: boolean;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.uploading";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                ended_at: string;
                                duration_s: number;
                                size_bytes: number;
                                segments: number;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.ready";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                ended_at: string;
                                duration_s: number;
                                size_bytes: number;
                                segments: number;
                                /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                                storage_id: string;
                                files: {
                                    /** @enum {string} */
                                    type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                    key: string;
                                    bytes: number;
                                }[];
                                gaps: {
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC
                                     */
                                    from: string;
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC
                                     */
                                    to: string;
                                    /** @enum {string} */
                                    reason: "publisher_away" | "node_lost" | "storage";
                                }[];
                                gap_count: number;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.partial";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                ended_at: string;
                                duration_s: number;
                                size_bytes: number;
                                segments: number;
                                /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                                storage_id: string;
                                files: {
                                    /** @enum {string} */
                                    type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                    key: string;
                                    bytes: number;
                                }[];
                                gaps: {
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC
                                     */
                                    from: string;
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339, UTC
                                     */
                                    to: string;
                                    /** @enum {string} */
                                    reason: "publisher_away" | "node_lost" | "storage";
                                }[];
                                gap_count: number;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.failed";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                ended_at: string;
                                duration_s: number;
                                size_bytes: number;
                                segments: number;
                                error_code: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "recording.deleted";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                title: string | null;
                                /** @enum {string} */
                                mode: "automatic" | "manual";
                                /** @enum {string} */
                                format: "fmp4" | "ts" | "mp4" | "flv";
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                started_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                ended_at: string;
                                duration_s: number;
                                size_bytes: number;
                                segments: number;
                                /** @enum {string} */
                                reason: "requested" | "retention";
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "clip.ready";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                recording_id: string | null;
                                title: string | null;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                starts_at: string;
                                duration_s: number;
                                size_bytes: number;
                                /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                                storage_id: string;
                                files: {
                                    /** @enum {string} */
                                    type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                    key: string;
                                    bytes: number;
                                }[];
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "clip.failed";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                vhost: string;
                                app: string;
                                stream: string;
                                recording_id: string | null;
                                title: string | null;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                error_code: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "push_target.starting";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                url: string;
                                node_id: string | null;
                                error_code: string | null;
                                error: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "push_target.live";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                url: string;
                                node_id: string | null;
                                error_code: string | null;
                                error: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "push_target.retrying";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                url: string;
                                node_id: string | null;
                                error_code: string | null;
                                error: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "push_target.failed";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                url: string;
                                node_id: string | null;
                                error_code: string | null;
                                error: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "push_target.stopped";
                            data: {
                                /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                                stream_id: string;
                                url: string;
                                node_id: string | null;
                                error_code: string | null;
                                error: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "node.joined";
                            data: {
                                name: string;
                                region: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "node.draining";
                            data: {
                                name: string;
                                region: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "node.lost";
                            data: {
                                name: string;
                                region: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "node.recovered";
                            data: {
                                name: string;
                                region: string | null;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "webhook_endpoint.disabled";
                            data: {
                                url: string;
                                reason: string;
                            };
                        } | {
                            /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                            id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            timestamp: string;
                            api_version: string;
                            /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                            project_id: string;
                            subject: {
                                /** @enum {string} */
                                type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                                id: string;
                            };
                            /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                            session_id?: string;
                            seq: number;
                            /** @constant */
                            type: "test.ping";
                            data: {
                                message: string;
                            };
                        })[];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.created";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.updated";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            changed: string[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.deleted";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.enabled";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.disabled";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.connected";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                            client: {
                                ip: string;
                                user_agent?: string;
                                page_url?: string;
                            };
                            key_id: string | null;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            encoder: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.live";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            tracks: {
                                /** @enum {string} */
                                kind: "video" | "audio" | "data";
                                codec: string;
                                codec_string?: string;
                                width?: number;
                                height?: number;
                                fps?: number;
                                sample_rate?: number;
                                channels?: number;
                            }[];
                            startup_ms: number | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.reconnecting";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            until: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.resumed";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.ended";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            reason: "publisher_closed" | "timeout" | "kicked" | "replaced" | "max_duration" | "node_lost" | "rejected_media";
                            error_code: string | null;
                            duration_s: number;
                            bytes: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.health";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            code: "b_frames_for_webrtc" | "codec_unsupported";
                            message: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "stream.rejected";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @enum {string} */
                            protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                            client: {
                                ip: string;
                                user_agent?: string;
                                page_url?: string;
                            };
                            /** @example node_01jd8y4v5xk3q9m2w7r6t0abcd */
                            node_id: string;
                            code: string;
                            reason: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.created";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                            name: string | null;
                            last4: string;
                            expires_at: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.rotated";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                            name: string | null;
                            last4: string;
                            expires_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            old_keys_expire_at: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "key.revoked";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            /** @example key_01jd8y4v5xk3q9m2w7r6t0abcd */
                            key_id: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "viewer.joined";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            viewers: {
                                /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                viewer_id: string;
                                /** @enum {string} */
                                protocol: "rtmp" | "rtmps" | "http-flv" | "ws-flv" | "http-ts" | "http-aac" | "http-mp3" | "hls" | "webrtc";
                                client: {
                                    ip: string;
                                    user_agent?: string;
                                    page_url?: string;
                                };
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                joined_at: string;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "viewer.left";
                        data: {
                            vhost: string;
                            app: string;
                            stream: string;
                            viewers: {
                                /** @example vwr_01jd8y4v5xk3q9m2w7r6t0abcd */
                                viewer_id: string;
                                bytes_out: number;
                                duration_s: number;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.started";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.segment";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            key: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            segment_started_at: string;
                            duration_s: number;
                            bytes: number;
                            discontinuity: boolean;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.uploading";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.ready";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                            gaps: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                /** @enum {string} */
                                reason: "publisher_away" | "node_lost" | "storage";
                            }[];
                            gap_count: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.partial";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                            gaps: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                to: string;
                                /** @enum {string} */
                                reason: "publisher_away" | "node_lost" | "storage";
                            }[];
                            gap_count: number;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            error_code: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "recording.deleted";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            title: string | null;
                            /** @enum {string} */
                            mode: "automatic" | "manual";
                            /** @enum {string} */
                            format: "fmp4" | "ts" | "mp4" | "flv";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            started_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            ended_at: string;
                            duration_s: number;
                            size_bytes: number;
                            segments: number;
                            /** @enum {string} */
                            reason: "requested" | "retention";
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "clip.ready";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            recording_id: string | null;
                            title: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            from: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            to: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            starts_at: string;
                            duration_s: number;
                            size_bytes: number;
                            /** @example sto_01jd8y4v5xk3q9m2w7r6t0abcd */
                            storage_id: string;
                            files: {
                                /** @enum {string} */
                                type: "hls" | "hls_media" | "mp4" | "flv" | "poster" | "storyboard" | "storyboard_sheet";
                                key: string;
                                bytes: number;
                            }[];
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "clip.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            vhost: string;
                            app: string;
                            stream: string;
                            recording_id: string | null;
                            title: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            from: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            to: string;
                            error_code: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.starting";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.live";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.retrying";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.failed";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "push_target.stopped";
                        data: {
                            /** @example str_01jd8y4v5xk3q9m2w7r6t0abcd */
                            stream_id: string;
                            url: string;
                            node_id: string | null;
                            error_code: string | null;
                            error: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.joined";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.draining";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.lost";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "node.recovered";
                        data: {
                            name: string;
                            region: string | null;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "webhook_endpoint.disabled";
                        data: {
                            url: string;
                            reason: string;
                        };
                    } | {
                        /** @example evt_01jd8y4v5xk3q9m2w7r6t0abcd */
                        id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        timestamp: string;
                        api_version: string;
                        /** @example prj_01jd8y4v5xk3q9m2w7r6t0abcd */
                        project_id: string;
                        subject: {
                            /** @enum {string} */
                            type: "stream" | "vhost" | "webhook_endpoint" | "push_target" | "node" | "recording" | "clip";
                            id: string;
                        };
                        /** @example ses_01jd8y4v5xk3q9m2w7r6t0abcd */
                        session_id?: string;
                        seq: number;
                        /** @constant */
                        type: "test.ping";
                        data: {
                            message: string;
                        };
                    };
                };
            };
        };
    };
    redeliverEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EventRedeliver"];
            };
        };
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventRedelivered"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    listNodes: {
        parameters: {
            query?: {
                limit?: number;
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Node"][];
                        has_more: boolean;
                        next: string | null;
                    };
                };
            };
        };
    };
    getNode: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Node"];
                };
            };
        };
    };
    deleteNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that was read: 412 if the resource has changed since */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    drainNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
    undrainNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes it safe to send the same request again for 24 h */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
        };
    };
}
