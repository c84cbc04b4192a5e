# The requests of the golden cases FROM, in one folder TO: a fuzzer reads folders.
file(REMOVE_RECURSE ${TO})
file(MAKE_DIRECTORY ${TO})
file(GLOB requests RELATIVE ${FROM} ${FROM}/*/*/request.json)
foreach(request ${requests})
    string(REPLACE "/" "-" name ${request})
    configure_file(${FROM}/${request} ${TO}/${name} COPYONLY)
endforeach()
