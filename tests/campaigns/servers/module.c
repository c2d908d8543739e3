// A Redis module that does nothing but allocate, for MODULE LOAD and UNLOAD; built with vlib.c.
int RedisModule_OnLoad(void *context, void **words, int count) {
    int (*find)(const char *, void *) = *(int (**)(const char *, void *))context;
    int (*set_attributes)(void *, const char *, int, int);
    (void)words;
    (void)count;
    if (find("RedisModule_SetModuleAttribs", &set_attributes))
        return 1;
    set_attributes(context, "fresh", 1, 1);
    return 0;
}
