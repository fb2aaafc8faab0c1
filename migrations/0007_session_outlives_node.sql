ALTER TABLE "sessions" DROP CONSTRAINT "sessions_node_id_nodes_id_fk";
